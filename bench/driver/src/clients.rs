//! Closed-loop clients: each waits for its operation to complete before it starts the next one.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{Aggregates, Cell, Latencies, Measured, cpu_seconds, peak_memory_mb, window::Window};

/// The pause after a failure, so that clients do not flood a server that is down.
pub(crate) const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(20);

/// The outcome of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The event is durably stored, and the aggregate is at this version.
    Stored {
        /// The version.
        version: u64,
    },
    /// Another client was first. Nothing was stored.
    Conflict,
}

/// The number of events and groups that a system has stored.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Groups {
    /// The groups.
    pub groups: f64,
    /// The events in them.
    pub events: f64,
}

/// The operations of the clients.
pub trait Operation: Send + Sync + 'static {
    /// Creates aggregates with one event each.
    fn seed(&self, aggregates: &[String]) -> impl Future<Output = Result<(), String>> + Send;

    /// Loads an aggregate, decides, and stores the event if the aggregate has not changed. `again` is true if the
    /// previous attempt met a conflict.
    fn attempt(&self, aggregate: &str, again: bool) -> impl Future<Output = Result<Attempt, String>> + Send;

    /// The group commits so far, if this process forms groups and reports them.
    fn groups(&self) -> Option<Groups> {
        None
    }
}

/// The shared state of the clients.
struct Shared<O> {
    operation: O,
    aggregates: Aggregates,
    latencies: Latencies,
    /// The operations that completed in the window.
    done: AtomicU64,
    done_in_all: AtomicU64,
    conflicts: AtomicU64,
    failures: AtomicU64,
    failure: Mutex<Option<String>>,
}

/// Runs the clients of a cell and measures them.
///
/// # Errors
/// The aggregates cannot be created. Failed operations are counted instead.
pub async fn drive<O: Operation>(operation: O, cell: &Cell) -> Result<Measured, String> {
    let shared = Arc::new(Shared {
        operation,
        aggregates: Aggregates::new(&cell.label, cell.aggregates, cell.distribution),
        latencies: Latencies::new()?,
        done: AtomicU64::default(),
        done_in_all: AtomicU64::default(),
        conflicts: AtomicU64::default(),
        failures: AtomicU64::default(),
        failure: Mutex::default(),
    });
    if cell.seeded {
        shared.operation.seed(&shared.aggregates.first_ids()).await?;
    }
    let window = Window::after(cell.warm_up_seconds, cell.seconds);
    let mut clients = JoinSet::new();
    for client in 0..cell.clients {
        clients.spawn(run_client(shared.clone(), client, window));
    }
    sleep_until(window.begin).await;
    let (before, groups_before) = (processor_time(cell), shared.operation.groups());
    sleep_until(window.end).await;
    let (after, groups_after) = (processor_time(cell), shared.operation.groups());
    while clients.join_next().await.is_some() {}
    let of_both = |index: usize| Some(after[index]? - before[index]?);
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Ok(Measured {
        events: count(&shared.done) * cell.batch as u64,
        seconds: cell.seconds,
        events_in_all: count(&shared.done_in_all) * cell.batch as u64,
        conflicts: count(&shared.conflicts),
        failures: count(&shared.failures),
        failure: shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take(),
        latency: shared.latencies.percentiles()?,
        client_cpu_seconds: of_both(0),
        server_cpu_seconds: of_both(1),
        events_per_group: groups_after.zip(groups_before).and_then(|(after, before)| {
            let groups = after.groups - before.groups;
            (groups > 0.0).then(|| (after.events - before.events) / groups)
        }),
        peak_memory_mb: peak_memory_mb(),
    })
}

/// The processor time of this process and of the server.
fn processor_time(cell: &Cell) -> [Option<f64>; 2] {
    [cpu_seconds(std::process::id()), cell.server_pid.and_then(cpu_seconds)]
}

async fn run_client<O: Operation>(shared: Arc<Shared<O>>, client: usize, window: Window) {
    // A fixed seed: the same choices in every run.
    let mut random = Rng::with_seed(client as u64);
    let mut began = Instant::now();
    while began < window.end {
        let slot = shared.aggregates.choose(&mut random);
        let outcome = operate(&shared, slot, window).await;
        let ended = Instant::now();
        match outcome {
            Ok(true) => {
                shared.done_in_all.fetch_add(1, Ordering::Relaxed);
                if window.holds(ended) {
                    shared.done.fetch_add(1, Ordering::Relaxed);
                    shared.latencies.record(client, ended - began);
                }
            }
            Ok(false) => {}
            Err(reason) => {
                shared.failures.fetch_add(1, Ordering::Relaxed);
                *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
        began = Instant::now();
    }
}

/// Runs one operation: attempts until one is stored. Returns false if the time ended first.
async fn operate<O: Operation>(shared: &Shared<O>, mut slot: crate::Slot, window: Window) -> Result<bool, String> {
    let mut again = false;
    loop {
        let id = shared.aggregates.id(slot);
        match shared.operation.attempt(&id, again).await? {
            Attempt::Stored { version } => {
                shared.aggregates.reached(slot, version);
                return Ok(true);
            }
            Attempt::Conflict => {
                let now = Instant::now();
                if window.holds(now) {
                    shared.conflicts.fetch_add(1, Ordering::Relaxed);
                }
                if now >= window.end {
                    return Ok(false);
                }
                // The first client may have closed the aggregate.
                slot = shared.aggregates.refreshed(slot);
                again = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::{Distribution, LIFE_EVENTS, System};

    /// Versions in memory. It yields between load and commit, so that clients conflict.
    #[derive(Default)]
    struct Memory(Arc<Mutex<HashMap<String, u64>>>);

    impl Memory {
        fn version(&self, aggregate: &str) -> u64 {
            *self.0.lock().expect("a lock").entry(aggregate.to_owned()).or_default()
        }
    }

    impl Operation for Memory {
        async fn seed(&self, aggregates: &[String]) -> Result<(), String> {
            let mut versions = self.0.lock().expect("a lock");
            versions.extend(aggregates.iter().map(|id| (id.clone(), 1)));
            Ok(())
        }

        async fn attempt(&self, aggregate: &str, _again: bool) -> Result<Attempt, String> {
            let loaded = self.version(aggregate);
            tokio::task::yield_now().await;
            if loaded % 10 == 9 && self.0.lock().expect("a lock").len() == 1 {
                self.0.lock().expect("a lock").insert(aggregate.to_owned(), loaded + 1);
                return Err("a tenth fails".to_owned());
            }
            if self.version(aggregate) != loaded {
                return Ok(Attempt::Conflict);
            }
            self.0.lock().expect("a lock").insert(aggregate.to_owned(), loaded + 1);
            Ok(Attempt::Stored { version: loaded + 1 })
        }
    }

    fn cell(distribution: Distribution) -> Cell {
        Cell {
            system: System::Anamnesis,
            url: String::new(),
            server_pid: None,
            label: "t".to_owned(),
            clients: 8,
            batch: 1,
            distribution,
            aggregates: 50,
            seeded: true,
            event_bytes: 1,
            warm_up_seconds: 0.0,
            seconds: 0.1,
        }
    }

    #[tokio::test]
    async fn every_stored_event_is_counted_once() {
        let memory = Memory::default();
        let versions = memory.0.clone();
        let measured = drive(memory, &cell(Distribution::Uniform)).await.expect("measured");
        let versions = versions.lock().expect("a lock");
        let stored: u64 = versions.values().sum();
        let seeded = 50;
        assert_eq!(measured.events_in_all + seeded, stored);
        assert!(measured.events > 0 && measured.events <= measured.events_in_all);
        assert_eq!(measured.failures, 0);
        assert!(
            versions.values().all(|version| *version <= LIFE_EVENTS),
            "none lives too long"
        );
    }

    #[tokio::test]
    async fn clients_of_a_hot_aggregate_meet_and_failures_are_counted() {
        let measured = drive(Memory::default(), &cell(Distribution::Hot))
            .await
            .expect("measured");
        assert!(measured.conflicts > 0);
        assert!(measured.failures > 0);
        assert_eq!(measured.failure.as_deref(), Some("a tenth fails"));
    }
}
