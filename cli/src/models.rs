//! Opens the log and the read models for a command, checks their schema, and closes them afterwards.

use anyhow::Context as _;
use log_reader::Reader;
use read_models::PgPool;
use settings::Settings;

use crate::{common::Common, looking::with_servers};

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
    with_servers(common, service, async |settings| open_and(settings, work).await)
}

async fn open_and<T>(settings: Settings, work: impl AsyncFnOnce(&Models) -> anyhow::Result<T>) -> anyhow::Result<T> {
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
