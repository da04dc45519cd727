//! How an aggregate's events are folded into its state.

use serde::{Serialize, de::DeserializeOwned};

use crate::{AggregateId, RecordedEvent};

/// Folds the events of an aggregate into its state. A closure is one that keeps no snapshots.
pub trait Fold<S>: Sync {
    /// Folds one event into the state. `body` is the event's body with the sealed fields opened.
    ///
    /// # Errors
    /// What is wrong with the event: a place and a kind of fault, never what the body holds.
    fn fold(&self, state: &mut S, event: &RecordedEvent, body: &[u8]) -> Result<(), String>;

    /// How states are kept as snapshots, where that pays.
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

/// How the states of one type of aggregate are kept as snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots<S> {
    pub(crate) fingerprint: String,
    pub(crate) every_events: u64,
    pub(crate) data_subject: fn(&S, &AggregateId) -> Option<String>,
    pub(crate) encode: fn(&S) -> serde_json::Result<Vec<u8>>,
    pub(crate) decode: fn(&[u8]) -> serde_json::Result<S>,
}

impl<S: Serialize + DeserializeOwned> Snapshots<S> {
    /// Keeps a snapshot after so many events.
    ///
    /// The fingerprint names the shape of the state and the code that folds it: change it with either, and the snapshots
    /// taken before are not used any more. `data_subject` says whose personal data a state holds, if it holds any; the
    /// snapshot is then sealed under that person's key.
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
