//! What is said to the person at the terminal. Standard output is for results; everything else goes to standard error.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the one place that speaks to the terminal"
)]

use std::{
    io::{self, Write as _},
    os::fd::AsFd as _,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::{io::Interest, net::unix::pipe};

/// Nobody reads standard output any more, as when `head` has seen enough. A command ends on it as on an error, and quietly.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub(crate) struct ReaderGone;

/// Prints a line of the command's result.
///
/// # Errors
/// Its reader has gone away, or standard output cannot be written.
pub(crate) fn print(line: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        printed => Ok(printed?),
    }
}

/// Resolves when the reader of a piped standard output has gone away, which otherwise shows only with the next line.
pub(crate) async fn reader_gone() {
    // What is no pipe, such as a file, cannot be watched, and nobody goes away from it.
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

/// Says something that is not a result.
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Says why the command failed.
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("anamnesis: {error:#}");
}

/// A progress bar with a rate and an estimate; invisible where standard error is not a terminal.
pub(crate) fn progress(what: &'static str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} eta {eta}");
    let bar = ProgressBar::new(length).with_message(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Shows on a bar how far a stream has been read: its name, the position, and where it ends.
pub(crate) fn shown_on(bar: &ProgressBar) -> impl Fn(&'static str, u64, u64) + Send + Sync + use<> {
    let bar = bar.clone();
    move |stream, position, end| {
        bar.set_message(stream);
        bar.set_length(end);
        bar.set_position(position);
    }
}
