//! How an aggregate's events are folded into its state.

use serde::{Serialize, de::DeserializeOwned};

use crate::{AggregateId, RecordedEvent};

/// Folds the events of an aggregate into its state. A closure is a fold without snapshots.
pub trait Fold<S>: Sync {
    /// Folds one event into the state. `body` is the event's body with the sealed fields opened.
    ///
    /// # Errors
    /// The event cannot be folded. The text names a place and a kind of fault, never the content of the body.
    fn fold(&self, state: &mut S, event: &RecordedEvent, body: &[u8]) -> Result<(), String>;

    /// The snapshot settings, if states are kept as snapshots.
    fn snapshots(&self) -> Option<&Snapshots<S>> {
        None
    }
}

impl<S, F> Fold<S> for F
where
    F: Fn(&mut S, &RecordedEvent, &[u8]) -> Result<(), String> + Sync,
{
    fn fold(&self, state: &mut S, event: &RecordedEvent, body: &[u8]) -> Result<(), String> {
        self(state, event, body)
    }
}

/// The snapshot settings of one type of aggregate.
#[derive(Clone, Debug)]
pub struct Snapshots<S> {
    pub(crate) fingerprint: String,
    pub(crate) every_events: u64,
    pub(crate) data_subject: fn(&S, &AggregateId) -> Option<String>,
    pub(crate) encode: fn(&S) -> serde_json::Result<Vec<u8>>,
    pub(crate) decode: fn(&[u8]) -> serde_json::Result<S>,
}

impl<S: Serialize + DeserializeOwned> Snapshots<S> {
    /// Takes a snapshot when a load has folded at least `every_events` events.
    ///
    /// The fingerprint identifies the shape of the state and the code that folds it. Change it with either, and
    /// earlier snapshots are ignored. `data_subject` returns the person whose personal data a state holds, if any.
    /// The snapshot is then sealed under that person's key.
    #[must_use]
    pub fn new(
        fingerprint: impl Into<String>,
        every_events: u64,
        data_subject: fn(&S, &AggregateId) -> Option<String>,
    ) -> Self {
        Self {
            fingerprint: fingerprint.into(),
            every_events: every_events.max(1),
            data_subject,
            encode: |state| serde_json::to_vec(state),
            decode: |bytes| serde_json::from_slice(bytes),
        }
    }
}
