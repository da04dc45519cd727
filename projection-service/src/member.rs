//! Projections that stand together: a batch of their stream is written into the rows of all of them in one transaction,
//! which moves all their checkpoints. One that cannot go on is told apart, and the others go on without it.

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

/// A batch's span links to the commands behind its events. The first few tell the story; five hundred would drown it.
const MOST_LINKS: usize = 16;

/// A projection that follows its stream.
#[derive(Debug)]
pub(crate) struct Member {
    writer: Writer,
    /// When this process last began to follow. How long what is older took to be seen says nothing about it.
    followed_since: DateTime<Utc>,
    activity: watch::Sender<Activity>,
    /// Up to where it has told how it gets on.
    told: u64,
}

/// A projection that cannot go on, and why.
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

    /// How far its rows are.
    pub(crate) const fn position(&self) -> u64 {
        self.writer.position()
    }

    /// Says that a batch has been written, if it has been.
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

/// Writes a batch for the members that are not at its end yet. Answers which cannot go on.
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
    // Blanking what is known about a person locks the tables in this order, too.
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
            // Also what passes can be of one table only. If the database is lost, the next try says so for all.
            Err((Some(name), fault)) => {
                writers.retain(|writer| writer.projection().name() != name);
                fallen.push((name, fault));
            }
            Err((None, fault)) => return Err(fault),
        }
    }
    Ok(fallen)
}

/// Writes in one transaction, or answers whose fault it is that it cannot be; nobody's, if it is that of all of them.
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
        // One statement says that they were passed.
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
