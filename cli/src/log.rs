//! Opens the log for a command, and closes it afterwards.

use anyhow::Context as _;
use journal::Journal;
use platform::{Shutdown, telemetry};
use settings::Settings;

use crate::{
    backend::{Backend, Need},
    common::Common,
    config,
};

/// Runs `look` on the log until it completes or the process is told to stop. Returns `None` if it was stopped.
pub(crate) fn with_log<T>(
    common: &Common,
    service: &'static str,
    look: impl AsyncFnOnce(&Journal) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    with_log_for(common, service, Need::Log, look)
}

/// As [`with_log`], for a command with other needs than an existing log.
pub(crate) fn with_log_for<T>(
    common: &Common,
    service: &'static str,
    need: Need,
    work: impl AsyncFnOnce(&Journal) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    open_and(common, service, need, async |journal, _| work(journal).await)
}

/// As [`with_log`], for a command that also uses the read models if they are running.
pub(crate) fn with_log_and_settings<T>(
    common: &Common,
    service: &'static str,
    look: impl AsyncFnOnce(&Journal, &Settings) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    open_and(common, service, Need::Log, look)
}

fn open_and<T>(
    common: &Common,
    service: &'static str,
    need: Need,
    work: impl AsyncFnOnce(&Journal, &Settings) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let settings = config::load(common)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, service)?;
        let backend = Backend::find(&settings, &common.data_dir, need).await?;
        let settings = backend.settings(settings, &common.data_dir)?;
        let journal = Journal::open_as_guest(&settings.journal())
            .await
            .context("cannot open the log")?;
        let shutdown = Shutdown::on_signals()?;
        let looked = tokio::select! {
            looked = work(&journal, &settings) => looked.map(Some),
            () = shutdown.cancelled() => Ok(None),
        };
        backend.stop().await?;
        looked
    })
}
