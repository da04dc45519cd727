//! Terminal output. Results go to standard output, everything else to standard error.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the only module that writes to the terminal"
)]

use std::{
    io::{self, Write as _},
    os::fd::AsFd as _,
};

use indicatif::{ProgressBar, ProgressStyle};
use platform::process;
use tokio::{io::Interest, net::unix::pipe};

/// The reader of standard output has closed it, as `head` does. It ends a command like an error, but quietly.
#[derive(Debug, thiserror::Error)]
#[error("the reader of the output is gone")]
pub(crate) struct ReaderGone;

/// Prints a line of the result.
///
/// # Errors
/// The reader is gone, or standard output cannot be written.
pub(crate) fn print(line: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        printed => Ok(printed?),
    }
}

/// Resolves when the reader of a piped standard output is gone, without waiting for the next line to fail.
pub(crate) async fn reader_gone() {
    // Only a pipe can lose its reader. Other outputs, such as files, cannot be watched.
    let copy = io::stdout().as_fd().try_clone_to_owned();
    let watched = copy.and_then(pipe::Sender::from_owned_fd_unchecked);
    while let Ok(stdout) = &watched {
        match stdout.ready(Interest::ERROR).await {
            Ok(ready) if ready.is_error() => return,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    std::future::pending().await
}

/// Prints a line that is not part of the result.
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Prints the reason why the command failed.
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("anamnesis: {}", process::with_causes(error.as_ref()));
}

/// A progress bar with a rate and an estimate. It is invisible if standard error is not a terminal.
pub(crate) fn progress(what: &'static str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} eta {eta}");
    let bar = ProgressBar::new(length).with_message(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Returns a function that shows on a bar how far a stream has been read: its name, the position and its end.
pub(crate) fn shown_on(bar: &ProgressBar) -> impl Fn(&'static str, u64, u64) + Send + Sync + use<> {
    let bar = bar.clone();
    move |stream, position, end| {
        bar.set_message(stream);
        bar.set_length(end);
        bar.set_position(position);
    }
}
