//! Separate databases for the compared systems, on one server, and settled before the measurement.

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Creates an empty database on the server of another one, and returns its URL. `name` must be a constant.
///
/// # Errors
/// The database refused it, or the URL names no database.
pub(crate) async fn create_database(url: &str, name: &'static str) -> anyhow::Result<String> {
    execute(url, &[&format!("CREATE DATABASE {name}")]).await?;
    beside(url, name).context("the URL of Postgres names no database")
}

/// Does the maintenance that the server would do later, after many writes.
///
/// # Errors
/// The database refused it.
pub(crate) async fn settle_database(url: &str) -> anyhow::Result<()> {
    execute(url, &["VACUUM (ANALYZE)", "CHECKPOINT"]).await
}

async fn execute(url: &str, statements: &[&str]) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    for statement in statements {
        sqlx::query(AssertSqlSafe((*statement).to_owned()))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await?;
    Ok(())
}

/// The same URL with another database.
fn beside(url: &str, name: &str) -> Option<String> {
    let (place, options) = match url.split_once('?') {
        Some((place, options)) => (place, format!("?{options}")),
        None => (url, String::new()),
    };
    let (server, _) = place.rsplit_once('/')?;
    Some(format!("{server}/{name}{options}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server_is_named() {
        let url = "postgres://somebody:secret@127.0.0.1:5432/first?sslmode=disable";
        let other = "postgres://somebody:secret@127.0.0.1:5432/other?sslmode=disable";
        assert_eq!(beside(url, "other").as_deref(), Some(other));
    }
}
