//! A database per test, cloned from a template that is migrated once per process.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OnceCell;

use super::{eventually, must, next_number, servers};
use crate::postgres::{connect, with_database};

type Template = Arc<OnceCell<String>>;

/// The URL of a new database on the shared servers. The first caller with a key migrates a template, and every caller
/// gets a clone of it. Databases stay until the process ends.
pub async fn database<F, Fut, E>(template_key: &str, migrate: F) -> String
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Display,
{
    static TEMPLATES: LazyLock<Mutex<HashMap<String, Template>>> = LazyLock::new(Mutex::default);
    let url = servers().await.postgres_url();
    let template = {
        let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(templates.entry(template_key.to_owned()).or_default())
    };
    let template = template.get_or_init(|| create_template(url, migrate)).await;
    let clone = format!("test_{}", next_number());
    let mut connection = administrator(url).await;
    execute(&mut connection, format!("CREATE DATABASE {clone} TEMPLATE {template}")).await;
    must("disconnect", connection.close().await);
    with_database(url, &clone)
}

async fn create_template<F, Fut, E>(url: &str, migrate: F) -> String
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Display,
{
    let template = format!("template_{}", next_number());
    let mut connection = administrator(url).await;
    execute(&mut connection, format!("CREATE DATABASE {template}")).await;
    must(
        "migrate the template database",
        migrate(with_database(url, &template)).await,
    );
    // A database with open connections cannot be cloned. The migration's connections end a moment after they are
    // closed, and no new ones are allowed.
    execute(
        &mut connection,
        format!("ALTER DATABASE {template} WITH ALLOW_CONNECTIONS false"),
    )
    .await;
    eventually(
        "the end of the migration's connections",
        Duration::from_secs(10),
        async || {
            let count = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
            );
            must::<i64, _>(
                "count connections",
                count.bind(&template).fetch_one(&mut connection).await,
            ) == 0
        },
    )
    .await;
    must("disconnect", connection.close().await);
    template
}

async fn administrator(url: &str) -> PgConnection {
    must("connect to Postgres", connect(url).await)
}

async fn execute(connection: &mut PgConnection, statement: String) {
    must(
        "prepare a test database",
        sqlx::query(AssertSqlSafe(statement)).execute(connection).await,
    );
}
