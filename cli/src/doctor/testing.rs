//! Test data for the checks: a healthy stream and a healthy database.

use std::collections::BTreeMap;

use journal::inspect::StreamReport;
use read_models::inspect::{DatabaseReport, Durability, Migrations};

pub(super) fn stream() -> StreamReport {
    StreamReport {
        commits: 10,
        last_position: 10,
        used_bytes: 5_000,
        limit_bytes: None,
        lost_bytes: 0,
        deleted: 0,
        replicas: 1,
        is_clustered: false,
        leader: Some("n1".to_owned()),
        copies: Vec::new(),
        differences: Vec::new(),
    }
}

pub(super) fn database() -> DatabaseReport {
    let on = || "on".to_owned();
    DatabaseReport {
        version: 160_004,
        durability: Durability {
            synchronous_commit: on(),
            fsync: on(),
            full_page_writes: on(),
        },
        migrations: Migrations::default(),
        checkpoints: Vec::new(),
        parked: BTreeMap::new(),
    }
}
