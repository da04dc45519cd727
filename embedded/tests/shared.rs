//! The servers that the tests of a process share, and their databases.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "the tests print measured times")]

mod support;

use std::time::Instant;

use embedded::testing::{database, namespace, servers};
use sqlx::{Connection, PgConnection};

async fn migrate(url: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&url).await?;
    sqlx::query("CREATE TABLE patients (name text)")
        .execute(&mut connection)
        .await?;
    // The connection is left to be dropped, as a pool would do. The template must still be cloned.
    Ok(())
}

async fn insert_into_an_empty_clone() {
    let begin = Instant::now();
    let url = database("patients", migrate).await;
    println!("database: {:?}", begin.elapsed());
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::query("INSERT INTO patients VALUES ('Ada')")
        .execute(&mut connection)
        .await
        .unwrap();
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM patients")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn one_test_has_a_database_of_its_own() {
    insert_into_an_empty_clone().await;
}

#[tokio::test]
async fn another_test_has_another_database() {
    insert_into_an_empty_clone().await;
}

#[test]
fn the_servers_outlive_the_runtime_of_the_test_that_started_them() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let begin = Instant::now();
    let first = runtime().block_on(async { servers().await });
    println!("shared servers: {:?}", begin.elapsed());
    let second = runtime().block_on(async {
        let servers = servers().await;
        assert!(
            support::Probe::at(servers.nats_url(), servers.postgres_url())
                .nats_answers()
                .await
        );
        servers
    });
    assert!(std::ptr::eq(first, second));
}

#[tokio::test]
async fn only_the_system_user_sees_the_servers_settings() {
    let ask = async |url: &str| {
        let address: async_nats::ServerAddr = url.parse().unwrap();
        let (user, password) = (address.username().unwrap(), address.password().unwrap());
        let client = async_nats::ConnectOptions::new()
            .user_and_password(user.to_owned(), password.to_owned())
            .connect(&address)
            .await
            .unwrap();
        client.request("$SYS.REQ.SERVER.PING.VARZ", "".into()).await
    };
    let servers = servers().await;
    let told = ask(servers.nats_system_url()).await.unwrap();
    assert!(String::from_utf8_lossy(&told.payload).contains(r#""sync_always":true"#));
    assert!(ask(servers.nats_url()).await.is_err());
}

#[test]
fn namespaces_are_short_unique_and_plain() {
    let (one, other) = (namespace(), namespace());
    assert_ne!(one, other);
    assert!(
        one.len() <= 16 && one.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
        "{one}"
    );
}
