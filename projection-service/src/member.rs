//! Writes a batch for several projections at the same position, in one transaction that moves all their checkpoints. A
//! projection that cannot continue is singled out, and the others go on without it.

use chrono::{DateTime, Utc};
use log_reader::Context;
use platform::{Clock, telemetry::traceparent};
use read_models::{
    PgPool,
    checkpoint::{self, Moved},
    lease::Activity,
};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::{
    batch::Batch,
    fault::Fault,
    fold::{Concerning, recorded},
    writer::{Care, Writer},
};

/// The maximum number of span links from a batch to the commands of its events. More would only be noise.
const MOST_LINKS: usize = 16;

/// A projection that follows its stream.
#[derive(Debug)]
pub(crate) struct Member {
    writer: Writer,
    /// The time at which this process began to follow. The latency of older events is not measured.
    followed_since: DateTime<Utc>,
    activity: watch::Sender<Activity>,
    /// The position up to which progress has been reported.
    told: u64,
}

/// A projection that cannot continue, and its fault.
pub(crate) type Fallen = (&'static str, Fault);

impl Member {
    pub(crate) fn new(writer: Writer, followed_since: DateTime<Utc>, activity: watch::Sender<Activity>) -> Self {
        Self {
            told: writer.position(),
            writer,
            followed_since,
            activity,
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.writer.projection().name()
    }

    /// The position of its rows.
    pub(crate) const fn position(&self) -> u64 {
        self.writer.position()
    }

    /// Reports a written batch, if this member's position has moved.
    pub(crate) fn tell(&mut self, batch: &Batch, clock: &Clock) {
        let (before, position) = (self.told, self.position());
        if before == position {
            return;
        }
        self.told = position;
        drop(self.activity.send_replace(Activity::Following));
        metrics::counter!("projection_events_total", "projection" => self.name()).increment(batch.read);
        metrics::gauge!("projection_position", "projection" => self.name()).set(position as f64);
        let now = clock.now();
        let visible = metrics::histogram!("projection_visible_seconds", "projection" => self.name());
        let aggregates = self.writer.projection().aggregates();
        for event in batch.concerning.iter().map(recorded) {
            let time = event.metadata.time;
            if aggregates.include(&event.aggregate_type) && event.position > before && time >= self.followed_since {
                visible.record((now - time).to_std().unwrap_or_default().as_secs_f64());
            }
        }
    }
}

/// Writes a batch for the members behind its end. Returns the members that cannot continue.
pub(crate) async fn write(
    pool: &PgPool,
    context: Context,
    members: &mut [&mut Member],
    batch: &Batch,
) -> Result<Vec<Fallen>, Fault> {
    let span = tracing::info_span!("project", stream = context.name(), events = batch.read);
    let events = batch.concerning.iter().map(recorded);
    for parent in events
        .filter_map(|event| event.metadata.traceparent.as_deref())
        .take(MOST_LINKS)
    {
        traceparent::add_link(&span, parent);
    }
    write_without_those_at_fault(pool, members, batch)
        .instrument(span)
        .await
}

async fn write_without_those_at_fault(
    pool: &PgPool,
    members: &mut [&mut Member],
    batch: &Batch,
) -> Result<Vec<Fallen>, Fault> {
    let mut writers: Vec<&mut Writer> = members.iter_mut().map(|member| &mut member.writer).collect();
    writers.retain(|writer| writer.position() < batch.to);
    // Blanking the rows about an erased person locks the tables in the same order.
    writers.sort_by_key(|writer| writer.projection().name());
    let (mut fallen, mut care) = (Vec::new(), Care::None);
    while !writers.is_empty() {
        match try_write(pool, &writers, batch, care).await {
            Ok(moved) => {
                for writer in writers {
                    let name = writer.projection().name();
                    if moved.iter().any(|moved| moved.projection == name) {
                        writer.has_moved(batch.to);
                    } else {
                        let position = writer.position();
                        let reason = format!(
                            "the checkpoint of projection {name} is no longer at {position}: another runner has moved it"
                        );
                        fallen.push((name, Fault::Moved(reason)));
                    }
                }
                break;
            }
            Err((Some(_), Fault::Refused(_))) if care == Care::None => care = Care::Halving,
            // A temporary fault can concern a single table too. If the database is lost, the next attempt fails for
            // all.
            Err((Some(name), fault)) => {
                writers.retain(|writer| writer.projection().name() != name);
                fallen.push((name, fault));
            }
            Err((None, fault)) => return Err(fault),
        }
    }
    Ok(fallen)
}

/// Writes in one transaction. An error names the projection at fault, or none if it concerns all of them.
async fn try_write(
    pool: &PgPool,
    writers: &[&mut Writer],
    batch: &Batch,
    care: Care,
) -> Result<Vec<Moved>, (Option<&'static str>, Fault)> {
    let of_all = |error: read_models::Error| (None, Fault::from(error));
    let parts: Vec<(&Writer, Vec<Concerning<'_>>)> = writers
        .iter()
        .map(|writer| (&**writer, writer.concerning(&batch.concerning)))
        .collect();
    let left: Vec<_> = writers
        .iter()
        .filter_map(|writer| Some((writer.projection().name(), writer.standing()?)))
        .collect();
    let hash = batch.hash.as_deref();
    if parts.iter().all(|(_, events)| events.is_empty()) {
        // One statement advances the checkpoints without writing rows.
        let mut connection = pool.acquire().await.map_err(of_all)?;
        return checkpoint::advance(&mut connection, &left, batch.to, hash)
            .await
            .map_err(of_all);
    }
    let mut transaction = pool.begin().await.map_err(of_all)?;
    let moved = checkpoint::advance(&mut transaction, &left, batch.to, hash)
        .await
        .map_err(of_all)?;
    for (writer, events) in &parts {
        let name = writer.projection().name();
        if let Some(moved) = moved.iter().find(|moved| moved.projection == name) {
            writer
                .fold(&mut transaction, events, moved.has_parked, care)
                .await
                .map_err(|fault| (Some(name), fault))?;
        }
    }
    transaction.commit().await.map_err(of_all)?;
    Ok(moved)
}
