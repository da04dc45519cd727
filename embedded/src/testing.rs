//! Servers for the workspace's tests: a shared pair per test process, private pairs for tests of outages, and the
//! same for NATS clusters. Their data is thrown away. Failures panic, because a test cannot handle them.
#![allow(clippy::panic, reason = "a test that gets no servers has failed")]

mod cluster;
mod database;
mod nodes;
mod private;
mod scratch;
mod shared;

use std::fmt::Display;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::environment::Environment;
use crate::options::{Durability, Options};
use scratch::Scratch;

pub use cluster::{PrivateCluster, SharedCluster, cluster};
pub use database::database;
pub use private::PrivateServers;
pub use shared::{SharedServers, servers};

/// A name that no other test of this process uses: lower-case letters and digits, starting with a letter.
pub fn namespace() -> String {
    format!("t{:x}n{}", std::process::id(), next_number())
}

/// Waits until a condition holds, and panics after the deadline. It replaces sleeps of guessed length.
pub async fn eventually(what: &str, deadline: Duration, mut condition: impl AsyncFnMut() -> bool) {
    const POLL: Duration = Duration::from_millis(20);
    let give_up_at = Instant::now() + deadline;
    while !condition().await {
        if Instant::now() >= give_up_at {
            panic!("waited {deadline:?} in vain for this: {what}");
        }
        sleep(POLL).await;
    }
}

/// Creates an executable shell script. Another process writes it: a file that is open for writing when another thread
/// forks cannot be executed until that child calls exec.
pub fn write_script(path: &Path, body: &str) {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$2" >"$1" && chmod 755 "$1""#, "sh"])
        .arg(path)
        .arg(body);
    let status = must("run sh", shell.status());
    assert!(status.success(), "cannot write {}", path.display());
}

fn next_number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// Options for throw-away servers: they start quickly, and Postgres need not survive a power failure.
fn options(scratch: &Scratch) -> Options {
    let environment = Environment::from_process();
    let cluster_templates = environment.writable_cache().map(|cache| cache.join("clusters"));
    Options {
        environment,
        durability: Durability::Relaxed,
        cluster_templates,
        ..Options::new(scratch.data_dir())
    }
}

fn must<T, E: Display>(what: &str, outcome: Result<T, E>) -> T {
    outcome.unwrap_or_else(|error| panic!("cannot {what}: {error}"))
}
