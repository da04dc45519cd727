//! How events are folded into aggregates, and which aggregates have snapshots.

use domain::Decider;
use event_store::{AggregateId, Fold, RecordedEvent, Snapshots};

/// The number of events after which a cold load takes a snapshot. From 50 events on, reading them costs more than
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
