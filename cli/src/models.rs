//! What every command that works on the read models does around its work: find them and the log, see that they are of
//! this program's shape, open them, and let go of them again.

use anyhow::Context as _;
use log_reader::Reader;
use platform::{Settings, Shutdown, telemetry};
use read_models::PgPool;

use crate::{
    args::Common,
    backend::{Backend, Need},
    config,
};

/// The log and the read models.
#[derive(Debug)]
pub(crate) struct Models {
    pub(crate) journal: Reader,
    pub(crate) pool: PgPool,
    pub(crate) settings: Settings,
}

/// Lets `work` work on the read models, until it is done or the process is told to stop. Answers nothing when it was
/// stopped.
pub(crate) fn with_models<T>(
    common: &Common,
    service: &'static str,
    work: impl AsyncFnOnce(&Models) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let settings = config::loader(common).load()?;
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
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres)
        .context("the address of Postgres cannot be read")?;
    let report = read_models::inspect::inspect(&pool)
        .await
        .context("the read models cannot be looked at")?;
    anyhow::ensure!(
        report.migrations.pending.is_empty(),
        "the read models are not of this program's shape yet: start `anamnesis up`, or the projection service, once"
    );
    let journal = Reader::open(&settings).await.context("the log cannot be opened")?;
    let models = Models {
        journal,
        pool,
        settings,
    };
    let worked = work(&models).await;
    models.pool.close().await;
    worked
}
