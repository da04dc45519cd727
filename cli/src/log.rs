//! What every command that works on the log alone does around its work: find it, open it, and let go of it again.

use anyhow::Context as _;
use journal::Journal;
use platform::{Settings, Shutdown, telemetry};

use crate::{
    args::Common,
    backend::{Backend, Need},
    config,
};

/// Lets `look` look at the log, until it is done or the process is told to stop. Answers nothing when it was stopped.
pub(crate) fn with_log<T>(
    common: &Common,
    service: &'static str,
    look: impl AsyncFnOnce(&Journal) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    with_log_for(common, service, Need::Log, look)
}

/// As [`with_log`], for a command that needs more than a log that is there.
pub(crate) fn with_log_for<T>(
    common: &Common,
    service: &'static str,
    need: Need,
    work: impl AsyncFnOnce(&Journal) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    open_and(common, service, need, async |journal, _| work(journal).await)
}

/// As [`with_log`], for a command that looks for events in the read models, too, if somebody runs them.
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
    let settings = config::loader(common).load()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, service)?;
        let backend = Backend::find(&settings, &common.data_dir, need).await?;
        let settings = backend.settings(settings, &common.data_dir)?;
        let journal = Journal::open_as_guest(&settings)
            .await
            .context("the log cannot be opened")?;
        let shutdown = Shutdown::on_signals()?;
        let looked = tokio::select! {
            looked = work(&journal, &settings) => looked.map(Some),
            () = shutdown.cancelled() => Ok(None),
        };
        backend.stop().await?;
        looked
    })
}
