//! The shell of a service's process: its command line, settings, telemetry and signals, and a start that waits a while
//! for what it needs. It knows no service.

use std::{fmt::Display, path::PathBuf, process::ExitCode, time::Duration};

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::{
    Shutdown,
    config::{Loader, Settings},
    telemetry,
};

/// How long a process waits at its start for NATS and Postgres before it gives up.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);

/// Why a process failed. Whoever reads it is a person; nobody matches on it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The command line of every service.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Settings come from the file and from ANAMNESIS_<SECTION>__<KEY> in the environment; \
                                 `anamnesis config` lists them all."
)]
struct Args {
    /// A file of settings; ANAMNESIS_CONFIG names one too.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs a service until it ends or is told to stop: by Ctrl-C, by SIGTERM, or by its own failure.
pub fn run<F, R>(name: &'static str, about: &'static str, serve: F) -> ExitCode
where
    F: FnOnce(Settings, Shutdown) -> R,
    R: Future<Output = Result<(), Failure>>,
{
    let matches = Args::command().name(name).about(about).get_matches();
    let ended = Args::from_arg_matches(&matches)
        .map_err(Into::into)
        .and_then(|args| start(name, args, serve));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(name, &*failure);
            ExitCode::FAILURE
        }
    }
}

fn start<F, R>(name: &'static str, args: Args, serve: F) -> Result<(), Failure>
where
    F: FnOnce(Settings, Shutdown) -> R,
    R: Future<Output = Result<(), Failure>>,
{
    let settings = Loader::new().file(args.config).process_environment().load()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, name)?;
        telemetry::install_panic_hook();
        let shutdown = Shutdown::on_signals()?;
        serve(settings, shutdown).await
    })
}

/// What tells this process from all others, in words that an operator can follow.
#[must_use]
pub fn identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = Some(host.trim())
        .filter(|host| !host.is_empty())
        .unwrap_or("this machine");
    format!(
        "process {} on {host} ({})",
        std::process::id(),
        crate::new_id().simple()
    )
}

/// Tries until it succeeds, for a minute at most: whatever starts everything at once need not order it.
///
/// # Errors
/// The last fault, when the minute is over or the process is told to stop.
pub async fn patiently<T, E: Display>(
    what: &'static str,
    shutdown: &Shutdown,
    attempt: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut told = false;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        if shutdown.is_cancelled() || tokio::time::Instant::now() > deadline {
            return Err(error);
        }
        if !told {
            tracing::warn!(reason = %error, "waiting for {what}");
            told = true;
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

#[allow(clippy::print_stderr, reason = "telemetry may be what failed")]
fn complain(name: &str, failure: &dyn std::error::Error) {
    eprintln!("{name}: {failure}");
}
