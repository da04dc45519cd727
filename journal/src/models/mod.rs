//! Decision models: the data that the clinic's rules across aggregates need, folded from a stream's published events.
//! Entries hold ids, hashes and instants, and no personal data.

mod bookings;
mod emails;
mod identifiers;
mod live_prescriptions;
#[cfg(test)]
mod testing;

use event_store::{Changes, RecordedEvent};
use serde::de::DeserializeOwned;
use uuid::Uuid;

pub(crate) use bookings::{Bookings, time_taken};
pub(crate) use emails::{Emails, email_holder};
pub(crate) use identifiers::{Identifiers, identifier_holders};
pub(crate) use live_prescriptions::{LivePrescriptions, live_prescriptions};

/// A key and its value.
pub(crate) type Entry = (Vec<u8>, Vec<u8>);

/// Read access to a model's entries.
pub(crate) trait Entries {
    /// Why the entries cannot be read.
    type Error;

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error>;

    /// The entries from one key (inclusive) to another (exclusive).
    fn range(&self, from: &[u8], to: &[u8]) -> Result<Vec<Entry>, Self::Error>;
}

/// Entries that a model is folded into.
trait Target {
    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>>;
    fn put(&mut self, key: &[u8], value: Vec<u8>);
    fn remove(&mut self, key: &[u8]);
}

impl Target for Changes<'_> {
    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        Changes::get(self, key)
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>) {
        Changes::put(self, key, value);
    }

    fn remove(&mut self, key: &[u8]) {
        Changes::remove(self, key);
    }
}

/// Reads the fields of a body that a model needs.
fn fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let read = serde_json::from_slice(body);
    // serde's messages quote values.
    read.map_err(|error: serde_json::Error| format!("its body is damaged at column {}", error.column()))
}

/// The id of the event's aggregate, if it is of this type.
fn aggregate_id(event: &RecordedEvent, aggregate_type: &str) -> Result<Option<Uuid>, String> {
    let id = (event.aggregate_type == aggregate_type).then(|| event.aggregate_id.parse());
    id.transpose()
        .map_err(|_| format!("the id of its {aggregate_type} is not a UUID"))
}

/// The key of an entry: the prefix of its kind, and the parts that follow.
fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

fn id_at(bytes: &[u8], at: usize) -> Option<Uuid> {
    Uuid::from_slice(bytes.get(at..at + 16)?).ok()
}
