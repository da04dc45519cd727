//! Opens the log and the read models for a command, checks their schema, and closes them afterwards.

use anyhow::Context as _;
use log_reader::Reader;
use platform::{Shutdown, telemetry};
use read_models::PgPool;
use settings::Settings;

use crate::{
    backend::{Backend, Need},
    common::Common,
    config,
};

/// The log and the read models.
#[derive(Debug)]
pub(crate) struct Models {
    pub(crate) journal: Reader,
    pub(crate) pool: PgPool,
    pub(crate) settings: Settings,
}

/// Runs `work` on the read models until it completes or the process is told to stop. Returns `None` if it was stopped.
pub(crate) fn with_models<T>(
    common: &Common,
    service: &'static str,
    work: impl AsyncFnOnce(&Models) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let settings = config::load(common)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, service)?;
        let shutdown = Shutdown::on_signals()?;
        let backend = Backend::find(&settings, &common.data_dir, Need::Look).await?;
        let worked = tokio::select! {
            worked = open_and(&backend, settings, common, work) => worked.map(Some),
            () = shutdown.cancelled() => Ok(None),
        };
        backend.stop().await?;
        worked
    })
}

async fn open_and<T>(
    backend: &Backend,
    settings: Settings,
    common: &Common,
    work: impl AsyncFnOnce(&Models) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let settings = backend.settings(settings, &common.data_dir)?;
    let pool =
        read_models::connect(settings.postgres.url.expose(), &settings.postgres).context("postgres.url is invalid")?;
    let report = read_models::inspect::inspect(&pool)
        .await
        .context("cannot inspect the read models")?;
    anyhow::ensure!(
        report.migrations.pending.is_empty(),
        "the read models do not have this program's schema yet: start `anamnesis up` or projection-service once"
    );
    let journal = Reader::open(&settings.journal()).await.context("cannot open the log")?;
    let models = Models {
        journal,
        pool,
        settings,
    };
    let worked = work(&models).await;
    models.pool.close().await;
    worked
}
