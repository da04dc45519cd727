//! Finds events for a command: through the index in Postgres if it is available, and in the streams otherwise and beyond
//! the end of the index. The result is the same.

use std::sync::Arc;

use journal::Journal;
use log_reader::Reader;
use query_service::past::Finder;
use read_models::PgPool;
use settings::Settings;

use crate::console;

/// Runs `look` with a finder, and shows its progress.
pub(crate) async fn with_finder<T>(
    journal: &Journal,
    settings: &Settings,
    look: impl AsyncFnOnce(&Finder) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let index = index(settings).await;
    let bar = console::progress("reading", 0);
    let finder = Finder::searching(Reader::from(journal), index.clone(), Arc::new(console::shown_on(&bar)));
    let found = look(&finder).await;
    bar.finish_and_clear();
    if let Some(index) = index {
        index.close().await;
    }
    found
}

/// The read models, if they are reachable and have the schema of this program.
async fn index(settings: &Settings) -> Option<PgPool> {
    if settings.postgres.url.is_empty() {
        return None;
    }
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres).ok()?;
    let why_not = match read_models::inspect::inspect(&pool).await {
        Ok(report) if report.migrations.pending.is_empty() => return Some(pool),
        Ok(_) => "do not have this program's schema yet",
        Err(_) => "are not reachable",
    };
    console::say(&format!("the read models {why_not}; searching the streams instead"));
    pool.close().await;
    None
}
