//! The database report is correct, even for an empty database.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use embedded::testing::{database, servers};
use platform::config::PostgresSettings;
use read_models::{
    PgPool,
    inspect::{Checkpoint, Migrations, inspect, time},
};

fn settings() -> PostgresSettings {
    settings::Settings::defaults().expect("the defaults").postgres
}

async fn pool(url: &str) -> PgPool {
    read_models::connect(url, &settings()).expect("a pool")
}

/// A separate, migrated database.
async fn migrated() -> PgPool {
    let migrate = async |url: String| read_models::migrate(&pool(&url).await, &settings()).await;
    pool(&database("inspected", migrate).await).await
}

async fn execute(pool: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(pool).await.expect("it is done");
}

async fn migrations(pool: &PgPool) -> Migrations {
    inspect(pool).await.expect("it answers").migrations
}

#[tokio::test]
async fn an_empty_database_is_reported_as_empty() {
    let pool = pool(servers().await.postgres_url()).await;

    let told = inspect(&pool).await.expect("it answers");

    assert!(told.version >= 150_000, "{told:?}");
    // The test servers are not durable.
    assert_eq!(
        (&*told.durability.fsync, &*told.durability.full_page_writes),
        ("off", "off")
    );
    assert_eq!(told.durability.synchronous_commit, "on");
    assert_eq!((told.migrations.applied, told.checkpoints), (0, vec![]));
    assert!(!told.migrations.pending.is_empty());
    assert!(time(&pool).await.expect("it answers").timestamp() > 1_700_000_000);
}

#[tokio::test]
async fn migrations_and_checkpoints_are_reported() {
    let pool = migrated().await;
    let whole = migrations(&pool).await;
    assert!(whole.applied > 0);
    assert_eq!(
        (&*whole.pending, &*whole.unknown, &*whole.changed, &*whole.failed),
        (&[][..], &[][..], &[][..], &[][..])
    );
    execute(
        &pool,
        "INSERT INTO projection_checkpoint VALUES ('patient', 'PATIENTS', 7)",
    )
    .await;
    let expected = Checkpoint {
        projection: "patient".to_owned(),
        stream: "PATIENTS".to_owned(),
        position: 7,
    };
    assert_eq!(inspect(&pool).await.expect("it answers").checkpoints, [expected]);

    execute(
        &pool,
        "INSERT INTO _sqlx_migrations VALUES (9001, 'later', now(), true, '\\x00', 0), (9002, 'half', now(), false, '\\x00', 0)",
    )
    .await;
    let told = migrations(&pool).await;
    assert_eq!((told.unknown, told.failed), (vec![9_001], vec![9_002]));
    execute(
        &pool,
        "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 1",
    )
    .await;
    assert_eq!(migrations(&pool).await.changed, [1]);
    execute(&pool, "DELETE FROM _sqlx_migrations WHERE version = 1").await;
    assert_eq!(migrations(&pool).await.pending, [1]);
}

#[tokio::test]
async fn a_server_that_refuses_connections_is_named_and_its_password_is_not() {
    // No service of the operating system listens on port 1.
    let url = "postgres://clinic:hunter2@127.0.0.1:1/anamnesis";
    let mut settings = settings();
    settings.acquire_timeout_ms = 200;
    let pool = read_models::connect(url, &settings).expect("a pool");
    let told = [
        inspect(&pool).await.expect_err("nobody is there").to_string(),
        read_models::check(&pool)
            .await
            .expect_err("nobody is there")
            .to_string(),
        read_models::migrate(&pool, &settings)
            .await
            .expect_err("nobody is there")
            .to_string(),
    ];
    for told in told {
        assert!(told.ends_with("connection refused at 127.0.0.1:1"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_as_one() {
    let right = servers().await.postgres_url();
    let (_, server) = right.split_once('@').expect("credentials");
    let url = format!("postgres://clinic:hunter2@{server}");
    let pool = pool(&url).await;
    let told = inspect(&pool).await.expect_err("refused").to_string();
    assert!(told.contains("password authentication failed"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}
