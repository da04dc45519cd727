//! Observes the projections, and reports their progress in the metrics and in the health of the process. It observes
//! from outside, so it also shows a halted projection falling behind.

use std::time::Duration;

use log_reader::Reader;
use platform::{Clock, Shutdown};
use read_models::PgPool;
use tokio::sync::watch;

use crate::status::{ProjectionStatus, status};

const EVERY: Duration = Duration::from_secs(2);

/// A remark about a projection that works.
pub(crate) type Remark = watch::Sender<Option<String>>;

/// Observes until shutdown.
pub(crate) async fn observe(
    journal: Reader,
    pool: PgPool,
    clock: Clock,
    remarks: Vec<(&'static str, Remark)>,
    shutdown: Shutdown,
) {
    let mut looks = tokio::time::interval(EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = looks.tick() => {}
        }
        let seen = tokio::select! {
            () = shutdown.cancelled() => return,
            seen = status(&journal, &pool, clock.now()) => seen,
        };
        match seen {
            Ok(all) => all.iter().for_each(|status| tell(status, &remarks)),
            Err(error) => tracing::debug!(reason = %error, "the status of the projections is unavailable"),
        }
    }
}

fn tell(status: &ProjectionStatus, remarks: &[(&'static str, Remark)]) {
    let name = status.projection;
    metrics::gauge!("projection_position", "projection" => name).set(status.position as f64);
    metrics::gauge!("projection_lag_events", "projection" => name).set(status.behind_events as f64);
    metrics::gauge!("projection_lag_seconds", "projection" => name).set(status.behind_ms as f64 / 1000.0);
    metrics::gauge!("projection_parked_events", "projection" => name).set(status.parked_events as f64);
    let remark = (status.parked_events > 0).then(|| {
        format!(
            "{} events are parked; `anamnesis dlq list` shows why",
            status.parked_events
        )
    });
    if let Some((_, sender)) = remarks.iter().find(|(projection, _)| *projection == name) {
        sender.send_if_modified(|before| {
            let changed = *before != remark;
            *before = remark;
            changed
        });
    }
}
