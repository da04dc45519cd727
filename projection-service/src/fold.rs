//! Folds events into rows in memory. An event that cannot be folded is parked with the later events of its row; all
//! others continue. Folding performs no I/O.

use std::collections::{HashMap, HashSet};

use log_reader::{FollowedEvent, RecordedEvent};
use read_models::{
    ProjectedRow as _,
    parked::{Blocked, NewParked},
};
use uuid::Uuid;

use crate::projector::Folds;

/// The parking reason of an event that waits.
const WAITS: &str = "waits for an earlier event of the same row";

/// An event that concerns the projection, with the key of its row or the reason why that is unknown.
#[derive(Debug)]
pub(crate) struct Concerning<'a> {
    recorded: &'a RecordedEvent,
    touches: Result<(Uuid, &'a FollowedEvent), String>,
}

impl<'a> Concerning<'a> {
    /// Prepares an event for folding. `None` if it does not concern the projection.
    pub(crate) fn new<P: Folds>(event: &'a FollowedEvent) -> Option<Self> {
        let recorded = recorded(event);
        if !P::AGGREGATES.include(&recorded.aggregate_type) {
            return None;
        }
        let key = P::key(event).transpose()?;
        Some(Self {
            recorded,
            touches: key.map(|key| (key, event)),
        })
    }

    pub(crate) const fn place(&self) -> (u64, u32) {
        place(self.recorded)
    }

    pub(crate) fn key(&self) -> Option<Uuid> {
        self.touches.as_ref().ok().map(|(key, _)| *key)
    }

    fn aggregate(&self) -> String {
        format!("{}/{}", self.recorded.aggregate_type, self.recorded.aggregate_id)
    }

    /// Parks the event for a reason. It then blocks later events.
    pub(crate) fn set_aside(&self, reason: String, blocked: &mut Blocked) -> NewParked {
        let parked = self.parked(reason);
        blocked.add(parked.row_key, &parked.aggregate);
        parked
    }

    fn parked(&self, error: String) -> NewParked {
        let (position, index) = self.place();
        NewParked {
            position,
            index,
            aggregate: self.aggregate(),
            row_key: self.key(),
            event_type: self.recorded.event_type.clone(),
            waits: false,
            error,
        }
    }
}

/// The position of an event, and its index among the events there.
pub(crate) const fn place(recorded: &RecordedEvent) -> (u64, u32) {
    (recorded.position, recorded.index)
}

/// The recorded form of an event.
pub(crate) fn recorded(event: &FollowedEvent) -> &RecordedEvent {
    match event {
        Ok(event) => &event.recorded,
        Err(unreadable) => &unreadable.recorded,
    }
}

/// The result of folding.
#[derive(Debug)]
pub(crate) struct Folded<R> {
    /// The changed rows.
    pub(crate) rows: Vec<R>,
    /// The parked events.
    pub(crate) parked: Vec<NewParked>,
}

/// Folds events in order into the stored rows.
pub(crate) fn fold<P: Folds>(events: &[Concerning<'_>], stored: Vec<P::Row>, blocked: &mut Blocked) -> Folded<P::Row> {
    let mut rows: HashMap<Uuid, P::Row> = stored.into_iter().map(|row| (row.id(), row)).collect();
    let mut changed = HashSet::new();
    let mut parked = Vec::new();
    for event in events {
        let failed = match &event.touches {
            // The aggregate's name costs an allocation, and usually nothing is blocked.
            _ if !blocked.is_empty() && blocked.blocks(event.key(), &event.aggregate()) => NewParked {
                waits: true,
                ..event.parked(WAITS.to_owned())
            },
            Err(reason) => event.parked(reason.clone()),
            Ok((key, followed)) => match P::fold(rows.get(key).cloned(), followed) {
                Some(Ok(row)) => {
                    rows.insert(*key, row);
                    changed.insert(*key);
                    continue;
                }
                Some(Err(error)) => event.parked(error.to_string()),
                None => continue,
            },
        };
        blocked.add(failed.row_key, &failed.aggregate);
        parked.push(failed);
    }
    rows.retain(|key, _| changed.contains(key));
    Folded {
        rows: rows.into_values().collect(),
        parked,
    }
}
