//! The frame of a service's process: command line, settings, telemetry and signals, and a start that waits for
//! dependencies. It knows no service.

use std::{error::Error, fmt::Display, path::PathBuf, process::ExitCode, time::Duration};

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::{
    Shutdown,
    config::{Document, Loader, SettingsError},
    telemetry::{self, TelemetryError},
};

/// How long a process waits for NATS and Postgres at its start.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);

/// The exit code for a wrong setting: `EX_CONFIG` of `sysexits.h`. A supervisor need not start the process again.
pub const WRONG_SETTING: u8 = 78;

/// Why a process failed. The text is for people.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A setting that cannot be used. Only a change of the settings helps.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongSetting(String);

impl WrongSetting {
    /// Wraps an error that names the setting.
    pub fn new(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

/// Whether an error, or what caused it, is about the settings.
#[must_use]
pub fn is_about_settings(error: &(dyn Error + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |&error| error.source());
    chain.any(|error| error.is::<SettingsError>() || error.is::<WrongSetting>())
}

/// The command line of every service.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Settings come from the file and from ANAMNESIS_<SECTION>__<KEY> in the environment; \
                                 `anamnesis config` lists them all."
)]
struct Args {
    /// A settings file; ANAMNESIS_CONFIG can also name one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs a service until it ends or is stopped: by Ctrl-C, by SIGTERM, or by its own failure.
pub fn run<D, F, R>(name: &'static str, about: &'static str, serve: F) -> ExitCode
where
    D: Document,
    F: FnOnce(D, Shutdown) -> R,
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
            match is_about_settings(&*failure) {
                true => ExitCode::from(WRONG_SETTING),
                false => ExitCode::FAILURE,
            }
        }
    }
}

fn start<D, F, R>(name: &'static str, args: Args, serve: F) -> Result<(), Failure>
where
    D: Document,
    F: FnOnce(D, Shutdown) -> R,
    R: Future<Output = Result<(), Failure>>,
{
    let settings: D = Loader::new().file(args.config).process_environment().load()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(settings.telemetry(), name).map_err(wrong_telemetry)?;
        telemetry::install_panic_hook();
        let shutdown = Shutdown::on_signals()?;
        serve(settings, shutdown).await
    })
}

fn wrong_telemetry(error: TelemetryError) -> Failure {
    match error {
        TelemetryError::Filter(_) | TelemetryError::Exporter(_) => WrongSetting::new(error).into(),
        TelemetryError::NoRuntime | TelemetryError::Twice => error.into(),
    }
}

/// Identifies this process to operators.
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

/// Retries until it succeeds, for a minute at most, so that processes can be started in any order.
///
/// # Errors
/// The last error, once the minute is over or the process is told to stop; at once if it is about the settings.
pub async fn patiently<T>(
    what: &'static str,
    shutdown: &Shutdown,
    attempt: impl AsyncFn() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut told = false;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let is_over = shutdown.is_cancelled() || tokio::time::Instant::now() > deadline;
        if is_over || is_about_settings(&*error) {
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

/// An error and its causes as one line. A cause that the text before it already ends with is not repeated.
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |&error| error.source()) {
        let cause = cause.to_string();
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[allow(clippy::print_stderr, reason = "telemetry may be what failed")]
fn complain(name: &str, failure: &(dyn Error + 'static)) {
    eprintln!("{name}: {}", with_causes(failure));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failed {
        #[error("cannot open")]
        Opening(#[source] WrongSetting),
        #[error("cannot bind: {0}")]
        Binding(#[source] WrongSetting),
        #[error("cannot {0}")]
        Other(&'static str),
    }

    #[test]
    fn a_cause_is_told_once_and_decides_whether_the_settings_are_wrong() {
        let wrong = || WrongSetting::new("`a` must be 1");
        for (failed, text, is_about_settings) in [
            (Failed::Opening(wrong()), "cannot open: `a` must be 1", true),
            (Failed::Binding(wrong()), "cannot bind: `a` must be 1", true),
            (Failed::Other("wait"), "cannot wait", false),
        ] {
            assert_eq!(with_causes(&failed), text);
            assert_eq!(super::is_about_settings(&failed), is_about_settings, "{text}");
        }
    }
}
