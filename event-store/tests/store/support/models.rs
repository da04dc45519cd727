//! Decision models for the tests: bookings by their start, and the number of events of each type.

use event_store::{Changes, DecisionModel, NewEvent, RecordedEvent, Undecided, View};
use serde::{Deserialize, Serialize};

use super::new_event;

/// The indexes of the models in the stream of orders.
pub(crate) const SLOTS: u8 = 0;
pub(crate) const COUNTS: u8 = 1;

/// The bookings: from the start (inclusive) to the end (exclusive).
#[derive(Debug)]
pub(crate) struct Slots;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slot {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// An event that books a slot.
pub(crate) fn booked(slot: Slot) -> NewEvent {
    slot_event("slot.booked", slot)
}

pub(crate) fn cancelled(slot: Slot) -> NewEvent {
    slot_event("slot.cancelled", slot)
}

fn slot_event(event_type: &str, slot: Slot) -> NewEvent {
    NewEvent {
        event_type: event_type.to_owned(),
        data: serde_json::to_vec(&slot).unwrap().into(),
        ..new_event()
    }
}

/// Whether any booking overlaps with a slot.
pub(crate) fn is_taken(view: &View<'_>, slot: Slot) -> Result<bool, Undecided> {
    let found = view.model_range(SLOTS, &[], &slot.to.to_be_bytes())?;
    let end = |value: &[u8]| u32::from_be_bytes(value.try_into().unwrap());
    Ok(found.iter().any(|(_, to)| end(to) > slot.from))
}

/// The number of events of a type.
pub(crate) fn count_of(view: &View<'_>, event_type: &str) -> Result<u64, Undecided> {
    let value = view.model_entry(COUNTS, event_type.as_bytes())?;
    Ok(value.map_or(0, |value| number(&value)))
}

fn number(value: &[u8]) -> u64 {
    u64::from_be_bytes(value.try_into().unwrap())
}

impl DecisionModel for Slots {
    fn name(&self) -> &'static str {
        "slots-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String> {
        let slot = || serde_json::from_slice::<Slot>(&event.data).map_err(|_| "it is no slot".to_owned());
        match event.event_type.as_str() {
            "slot.booked" => {
                let Slot { from, to } = slot()?;
                changes.put(&from.to_be_bytes(), to.to_be_bytes());
            }
            "slot.cancelled" => changes.remove(&slot()?.from.to_be_bytes()),
            _ => {}
        }
        Ok(())
    }
}

/// Counts events by type. It reads its own writes.
#[derive(Debug)]
pub(crate) struct Counts;

impl DecisionModel for Counts {
    fn name(&self) -> &'static str {
        "counts-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String> {
        let key = event.event_type.as_bytes();
        let before = changes.get(key).map_or(0, |value| number(&value));
        changes.put(key, (before + 1).to_be_bytes());
        Ok(())
    }
}
