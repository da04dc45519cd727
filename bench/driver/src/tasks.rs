//! Clients that do tasks of several kinds: for a time, a number of tasks, or at a rate.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    clients::PAUSE_AFTER_FAILURE,
    tally::{Tally, Worked},
    window::Window,
};

/// The outcome of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its index in [`Tasks::kinds`].
    pub kind: usize,
    /// The reason of the failure, if it failed.
    pub outcome: Result<(), String>,
}

/// The tasks of the clients.
pub trait Tasks: Send + Sync + 'static {
    /// The names of the kinds.
    fn kinds(&self) -> &'static [&'static str];

    /// Chooses a task and does it. `client` is the number of the client in a closed loop, and of the task in an open
    /// loop, from 0.
    fn work(&self, client: usize, random: &mut Rng) -> impl Future<Output = Done> + Send;
}

/// Closed loops for a time: each client waits for its task to complete before it starts the next one.
///
/// # Errors
/// Never, with the precision that is used here. Failed tasks are counted.
pub async fn work_for<T: Tasks>(
    tasks: &Arc<T>,
    clients: usize,
    warm_up_seconds: f64,
    seconds: f64,
) -> Result<Worked, String> {
    let tally = Arc::new(Tally::new(tasks.kinds())?);
    let window = Window::after(warm_up_seconds, seconds);
    let mut working = JoinSet::new();
    for client in 0..clients {
        let (tasks, tally) = (tasks.clone(), tally.clone());
        working.spawn(async move {
            // A fixed seed: the same choices in every run.
            let mut random = Rng::with_seed(client as u64);
            let mut due = Instant::now();
            while due < window.end {
                let done = tasks.work(client, &mut random).await;
                if !tally.count(done, client, due, window.holds(Instant::now())) {
                    sleep(PAUSE_AFTER_FAILURE).await;
                }
                due = Instant::now();
            }
        });
    }
    while working.join_next().await.is_some() {}
    tally.sum_up(window)
}

/// Closed loops for a number of tasks. All are measured.
///
/// # Errors
/// Never, with the precision that is used here. Failed tasks are counted.
pub async fn work_through<T: Tasks>(tasks: &Arc<T>, clients: usize, count: usize) -> Result<Worked, String> {
    let tally = Arc::new(Tally::new(tasks.kinds())?);
    let begun = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    let mut working = JoinSet::new();
    for client in 0..clients {
        let (tasks, tally, begun) = (tasks.clone(), tally.clone(), begun.clone());
        working.spawn(async move {
            let mut random = Rng::with_seed(client as u64);
            while begun.fetch_add(1, Ordering::Relaxed) < count {
                let due = Instant::now();
                let done = tasks.work(client, &mut random).await;
                tally.count(done, client, due, true);
            }
        });
    }
    while working.join_next().await.is_some() {}
    let end = Instant::now();
    tally.sum_up(Window { begin, end })
}

/// An open loop: tasks are due at a fixed rate, whether or not earlier ones have completed. The latency of a task
/// starts when it is due, so it includes the time it waits for others. At most `most_in_flight` tasks run concurrently.
/// Further ones wait, and their latency grows.
///
/// # Errors
/// Never, with the precision that is used here. Failed tasks are counted.
pub async fn work_at<T: Tasks>(
    tasks: &Arc<T>,
    per_second: f64,
    most_in_flight: usize,
    warm_up_seconds: f64,
    seconds: f64,
) -> Result<Worked, String> {
    let tally = Arc::new(Tally::new(tasks.kinds())?);
    let room = Arc::new(Semaphore::new(most_in_flight));
    let start = Instant::now();
    let window = Window::after(warm_up_seconds, seconds);
    let mut working = JoinSet::new();
    for number in 0_u32.. {
        let due = start + Duration::from_secs_f64(f64::from(number) / per_second.max(f64::MIN_POSITIVE));
        if due >= window.end {
            break;
        }
        sleep_until(due).await;
        let permit = room.clone().acquire_owned().await.map_err(|error| error.to_string())?;
        let (tasks, tally) = (tasks.clone(), tally.clone());
        working.spawn(async move {
            let mut random = Rng::with_seed(u64::from(number));
            let done = tasks.work(number as usize, &mut random).await;
            tally.count(done, number as usize, due, window.holds(due));
            drop(permit);
        });
        while working.try_join_next().is_some() {}
    }
    while working.join_next().await.is_some() {}
    tally.sum_up(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes some time, and fails every tenth time.
    #[derive(Default)]
    struct Naps {
        begun: AtomicUsize,
        nap: Duration,
    }

    impl Tasks for Naps {
        fn kinds(&self) -> &'static [&'static str] {
            &["short", "never"]
        }

        async fn work(&self, _client: usize, _random: &mut Rng) -> Done {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            sleep(self.nap).await;
            let outcome = if number % 10 == 9 {
                Err("a tenth fails".to_owned())
            } else {
                Ok(())
            };
            Done { kind: 0, outcome }
        }
    }

    #[tokio::test]
    async fn so_many_tasks_are_done_and_no_more() {
        let naps = Arc::new(Naps::default());
        let worked = work_through(&naps, 7, 100).await.expect("measured");
        assert_eq!((worked.all.done, worked.all.failures), (90, 10));
        assert_eq!((worked.kinds[0].done, worked.kinds[1].done), (90, 0));
        assert_eq!(worked.done_in_all, 90);
        assert_eq!(worked.failure.as_deref(), Some("a tenth fails"));
        assert_eq!(naps.begun.load(Ordering::Relaxed), 100);
    }

    #[tokio::test]
    async fn a_closed_loop_measures_its_window() {
        let naps = Arc::new(Naps {
            nap: Duration::from_millis(1),
            ..Naps::default()
        });
        let worked = work_for(&naps, 2, 0.05, 0.1).await.expect("measured");
        assert!(worked.all.done > 0 && worked.rate() > 0.0, "{worked:?}");
        assert!(worked.all.done < worked.done_in_all, "the warm-up is left out");
    }

    #[tokio::test]
    async fn what_is_due_and_has_to_wait_waits_on_its_own_time() {
        let naps = Arc::new(Naps {
            nap: Duration::from_millis(10),
            ..Naps::default()
        });
        // Two hundred per second are due. The server handles one at a time, in a hundredth of a second.
        let worked = work_at(&naps, 200.0, 1, 0.0, 0.2).await.expect("measured");
        assert_eq!(worked.all.done + worked.all.failures, 40, "none is left out");
        // The last was due after 195 ms, and 39 were handled before it.
        assert!(worked.all.latency.p999_ms > 150.0, "{worked:?}");
    }
}
