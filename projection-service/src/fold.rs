//! Folding events into rows in memory. An event that cannot be folded is set aside with those of its row behind it; all
//! others go on. It neither reads nor writes.

use std::collections::{HashMap, HashSet};

use log_reader::{FollowedEvent, RecordedEvent};
use read_models::{
    ProjectedRow as _,
    parked::{Blocked, NewParked},
};
use uuid::Uuid;

use crate::projector::Folds;

/// What an event that waits is parked with.
const WAITS: &str = "waits for an earlier event of the same row";

/// An event that concerns the projection, and the row it touches or why that cannot be told.
#[derive(Debug)]
pub(crate) struct Concerning<'a> {
    recorded: &'a RecordedEvent,
    touches: Result<(Uuid, &'a FollowedEvent), String>,
}

impl<'a> Concerning<'a> {
    /// What an event is to a projection; nothing, if it does not concern it.
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

    /// Sets the event aside for a reason: it blocks what comes behind it.
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

/// The position of an event, and which it is of the events there.
pub(crate) const fn place(recorded: &RecordedEvent) -> (u64, u32) {
    (recorded.position, recorded.index)
}

/// An event as it was recorded.
pub(crate) fn recorded(event: &FollowedEvent) -> &RecordedEvent {
    match event {
        Ok(event) => &event.recorded,
        Err(unreadable) => &unreadable.recorded,
    }
}

/// What came of folding.
#[derive(Debug)]
pub(crate) struct Folded<R> {
    /// The rows that have changed.
    pub(crate) rows: Vec<R>,
    /// The events that are set aside.
    pub(crate) parked: Vec<NewParked>,
}

/// Folds events, in order, into the rows that were there.
pub(crate) fn fold<P: Folds>(events: &[Concerning<'_>], stored: Vec<P::Row>, blocked: &mut Blocked) -> Folded<P::Row> {
    let mut rows: HashMap<Uuid, P::Row> = stored.into_iter().map(|row| (row.id(), row)).collect();
    let mut changed = HashSet::new();
    let mut parked = Vec::new();
    for event in events {
        let failed = match &event.touches {
            // To know an aggregate costs a text; as a rule nothing is blocked.
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
