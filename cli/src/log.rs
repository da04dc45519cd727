//! What every command that only looks at the log does around looking: find it, open it, and let go of it again.

use anyhow::Context as _;
use journal::Journal;
use platform::{Shutdown, telemetry};

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
    let settings = config::loader(common).load()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, service)?;
        let backend = Backend::find(&settings, &common.data_dir, Need::Log).await?;
        let settings = backend.settings(settings, &common.data_dir)?;
        let journal = Journal::open_as_guest(&settings)
            .await
            .context("the log cannot be opened")?;
        let shutdown = Shutdown::on_signals()?;
        let looked = tokio::select! {
            looked = look(&journal) => looked.map(Some),
            () = shutdown.cancelled() => Ok(None),
        };
        backend.stop().await?;
        looked
    })
}
