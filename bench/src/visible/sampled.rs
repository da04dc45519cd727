//! Commands, some of which are followed by a query that shows when their result is visible. The query starts when the
//! command is acknowledged, carries the token of the response, and does not delay the next command.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bench_driver::{Done, Tally, Tasks, Window, Worked, work_at};
use fastrand::Rng;
use tokio::{sync::Semaphore, time::Instant};

use super::load::MOST_IN_FLIGHT;
use crate::clinic::{
    Clinic,
    http::Answer,
    mix::{KINDS, Mix, done},
};

/// Sends commands, and queries the result of one in `sample`.
#[derive(Debug)]
struct Sampled {
    clinic: Arc<Clinic>,
    mix: Mix,
    every: u64,
    acknowledged: AtomicU64,
    /// Limits the queries in flight.
    room: Arc<Semaphore>,
    window: Window,
    seen: Arc<Tally>,
}

impl Tasks for Sampled {
    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    async fn work(&self, client: usize, random: &mut Rng) -> Done {
        let (kind, answer) = self.mix.act(client, random).await;
        let since = Instant::now();
        match answer {
            Ok(answer) => {
                if self
                    .acknowledged
                    .fetch_add(1, Ordering::Relaxed)
                    .is_multiple_of(self.every)
                {
                    self.ask(kind, answer, since).await;
                }
                Done { kind, outcome: Ok(()) }
            }
            failed @ Err(_) => done(kind, failed),
        }
    }
}

impl Sampled {
    /// Queries the result of a command that was acknowledged at an instant. Waiting for a free slot counts as latency.
    async fn ask(&self, kind: usize, command: Answer, since: Instant) {
        let Ok(permit) = self.room.clone().acquire_owned().await else {
            return;
        };
        let (clinic, seen, window) = (self.clinic.clone(), self.seen.clone(), self.window);
        tokio::spawn(async move {
            let outcome = look(&clinic, &command).await;
            seen.count(Done { kind, outcome }, kind, since, window.holds(since));
            drop(permit);
        });
    }
}

/// Reads the result of a command. A response older than the command is a failure.
async fn look(clinic: &Clinic, command: &Answer) -> Result<(), String> {
    let seen = clinic.http.query(&command.resource, &command.token).await?;
    if seen.version < command.version {
        return Err(format!(
            "stale: version {} in the response after version {} was acknowledged",
            seen.version, command.version
        ));
    }
    Ok(())
}

/// Sends commands at a rate. Returns the measurements of the commands, and of the following queries: from the
/// acknowledgement of the command to the response of the query.
pub(super) async fn send(
    clinic: &Arc<Clinic>,
    per_second: f64,
    every: u64,
    warm_up_seconds: f64,
    seconds: f64,
) -> Result<(Worked, Worked), String> {
    let room = Arc::new(Semaphore::new(MOST_IN_FLIGHT));
    let window = Window::after(warm_up_seconds, seconds);
    let seen = Arc::new(Tally::new(KINDS)?);
    let sampled = Arc::new(Sampled {
        clinic: clinic.clone(),
        mix: Mix::of(clinic),
        every,
        acknowledged: AtomicU64::new(0),
        room: room.clone(),
        window,
        seen: seen.clone(),
    });
    let commands = work_at(&sampled, per_second, MOST_IN_FLIGHT, warm_up_seconds, seconds).await?;
    let all = u32::try_from(MOST_IN_FLIGHT).unwrap_or(u32::MAX);
    let _all_answered = room.acquire_many(all).await.map_err(|error| error.to_string())?;
    Ok((commands, seen.sum_up(window)?))
}
