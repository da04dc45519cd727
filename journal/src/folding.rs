//! How the events of the clinic's aggregates are folded, and which of their states are kept beside the log.

use domain::Decider;
use event_store::{AggregateId, Fold, RecordedEvent, Snapshots};

/// From how many events after the last snapshot on a cold load leaves another one: from 50 on reading them costs more than
/// reading a snapshot.
const EVERY_EVENTS: u64 = 50;

/// Folds the events of an aggregate.
#[derive(Clone)]
pub(crate) struct Folding<A>(Option<Snapshots<A>>);

impl<A: Decider> Folding<A> {
    pub(crate) fn new() -> Self {
        let snapshots = |folded_by: u64| Snapshots::new(format!("{folded_by:016x}"), EVERY_EVENTS, data_subject::<A>);
        Self(A::FOLDED_BY.map(snapshots))
    }
}

impl<A: Decider> Fold<A> for Folding<A> {
    fn fold(&self, state: &mut A, recorded: &RecordedEvent, body: &[u8]) -> Result<(), String> {
        let event = events::decode::<A::Event>(&recorded.event_type, recorded.schema_version, body)
            .map_err(|error| error.to_string())?;
        state.evolve(&event);
        Ok(())
    }

    fn snapshots(&self) -> Option<&Snapshots<A>> {
        self.0.as_ref()
    }
}

fn data_subject<A: Decider>(state: &A, id: &AggregateId) -> Option<String> {
    state.data_subject(id.id())
}
