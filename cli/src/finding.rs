//! Where a command looks for events: in the index that Postgres holds, where it is there, and otherwise, or behind its end, in
//! the streams themselves. The outcome is the same.

use std::sync::Arc;

use journal::Journal;
use log_reader::Reader;
use platform::Settings;
use query_service::past::Finder;
use read_models::PgPool;

use crate::console;

/// Lets `look` look for events. How far streams are read is shown meanwhile.
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

/// The read models, if they are there and of this program's shape.
async fn index(settings: &Settings) -> Option<PgPool> {
    if settings.postgres.url.is_empty() {
        return None;
    }
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres).ok()?;
    let why_not = match read_models::inspect::inspect(&pool).await {
        Ok(report) if report.migrations.pending.is_empty() => return Some(pool),
        Ok(_) => "are not of this program's shape yet",
        Err(_) => "do not answer",
    };
    console::say(&format!("the read models {why_not}: the streams are read instead"));
    pool.close().await;
    None
}
