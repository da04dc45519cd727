//! Finds the servers of a command that looks at what they hold, and stops those that it started.

use platform::{Shutdown, telemetry};
use settings::Settings;

use crate::{
    backend::{Backend, Need},
    common::Common,
    config,
};

/// Runs `work` with the settings of the servers until it completes or the process is told to stop. Returns `None` if it
/// was stopped.
pub(crate) fn with_servers<T>(
    common: &Common,
    service: &'static str,
    work: impl AsyncFnOnce(Settings) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let settings = config::load(common)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, service)?;
        let shutdown = Shutdown::on_signals()?;
        let backend = Backend::find(&settings, &common.data_dir, Need::Look).await?;
        let working = async { work(backend.settings(settings, &common.data_dir)?).await };
        let worked = tokio::select! {
            worked = working => worked.map(Some),
            () = shutdown.cancelled() => Ok(None),
        };
        backend.stop().await?;
        worked
    })
}
