//! History: the state of an aggregate at an instant or a version, and the events that led to it.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use journal::{EventError, Journaled, OpenedEvent, ReadError, RecordedEvent};

/// A moment in an aggregate's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the last event at or before this instant.
    AsOf(DateTime<Utc>),
    /// After the event with this version.
    Version(u64),
    /// After the last event.
    Now,
}

/// An aggregate at a moment in the past.
#[derive(Clone, Debug)]
pub struct Past<A> {
    /// Its state.
    pub state: A,
    /// Its version.
    pub version: u64,
    /// The time at which the last event of this state was decided.
    pub time: DateTime<Utc>,
}

/// All events of one aggregate, oldest first.
#[derive(Clone, Debug)]
pub struct History<A: Journaled>(Vec<(RecordedEvent, A::Event)>);

impl<A: Journaled> History<A> {
    /// Decodes the opened events of one aggregate, in version order.
    ///
    /// # Errors
    /// An event is unknown to this code, or damaged.
    pub fn read(opened: Vec<OpenedEvent>) -> Result<Self, ReadError> {
        let events = opened.into_iter().map(|OpenedEvent { recorded, body }| {
            match events::decode::<A::Event>(&recorded.event_type, recorded.schema_version, &body) {
                Ok(event) => Ok((recorded, event)),
                Err(reason) => Err(ReadError::Damaged(
                    EventError::new(A::CONTEXT, &recorded, reason).to_string(),
                )),
            }
        });
        Ok(Self(events.collect::<Result<_, _>>()?))
    }

    /// The events up to a version.
    pub fn until(&self, version: u64) -> impl DoubleEndedIterator<Item = (&RecordedEvent, &A::Event)> {
        let until = self.0.partition_point(|(recorded, _)| recorded.version <= version);
        self.0[..until].iter().map(|(recorded, event)| (recorded, event))
    }

    /// The number of events, which is the aggregate's version.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Whether the aggregate does not exist.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls `see` with each event of these versions, in order, and with the states before and after it.
    pub fn steps(&self, versions: RangeInclusive<u64>, mut see: impl FnMut(&RecordedEvent, &A, &A)) {
        let mut state = A::default();
        for (recorded, event) in self
            .0
            .iter()
            .take_while(|(recorded, _)| recorded.version <= *versions.end())
        {
            if !versions.contains(&recorded.version) {
                state.evolve(event);
                continue;
            }
            let before = state.clone();
            state.evolve(event);
            see(recorded, &before, &state);
        }
    }

    /// The aggregate at a moment. `None` if it did not exist then, or never reached that version.
    #[must_use]
    pub fn at(&self, moment: Moment) -> Option<Past<A>> {
        let until = match moment {
            Moment::Now => self.0.len(),
            Moment::Version(version) if version > self.len() => 0,
            Moment::Version(version) => usize::try_from(version).unwrap_or(0),
            // The clocks of services differ. A later event in the log is never included without all earlier ones.
            Moment::AsOf(instant) => {
                let later = self.0.iter().position(|(recorded, _)| recorded.metadata.time > instant);
                later.unwrap_or(self.0.len())
            }
        };
        let (recorded, _) = self.0[..until].last()?;
        let mut state = A::default();
        self.0[..until].iter().for_each(|(_, event)| state.evolve(event));
        Some(Past {
            state,
            version: recorded.version,
            time: recorded.metadata.time,
        })
    }
}
