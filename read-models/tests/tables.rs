//! The declared tables match those of the database.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use read_models::tables;

use self::support::pool;

/// The tables that no projector writes.
const BOOKKEEPING: [&str; 8] = [
    "_sqlx_migrations",
    "discarded_event",
    "parked_event",
    "projection_build",
    "projection_build_part",
    "projection_checkpoint",
    "projection_lease",
    "projection_previous",
];

#[tokio::test]
async fn every_table_is_declared_with_all_of_its_columns() {
    let pool = pool().await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .fetch_all(&pool)
    .await
    .expect("columns");
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, column) in columns {
        found.entry(table).or_default().insert(column);
    }
    found.retain(|table, _| !BOOKKEEPING.contains(&table.as_str()));
    let declared = tables::ALL.map(|table| {
        let columns = table.columns.iter().map(|column| column.name.to_owned());
        (table.name.to_owned(), columns.collect())
    });
    assert_eq!(found, BTreeMap::from(declared));
}
