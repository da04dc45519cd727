//! Looking back: what an aggregate was like at an instant or in a version, and the events that made it so. It reads the
//! log and can do nothing else: whoever must not append is given a [`Reader`].

use std::{collections::BTreeSet, ops::RangeInclusive};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::{Bare, NamedEvent as _, patient::Patient, patient::PatientEvent};
use event_store::{LoadError, RecordedEvent};
use platform::config::Settings;

use crate::{Context, EventError, Journal, Journaled, OpenError, OpenedEvent, ReadError};

/// Reads the log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader(Journal);

/// A moment in an aggregate's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the last event that is not later than this.
    AsOf(DateTime<Utc>),
    /// After the event that made this version.
    Version(u64),
    /// After the last event there is.
    Now,
}

/// What an aggregate was like.
#[derive(Clone, Debug)]
pub struct Past<A> {
    /// Its state.
    pub state: A,
    /// Its version.
    pub version: u64,
    /// When the event that made it so was decided.
    pub time: DateTime<Utc>,
}

/// All the events of one aggregate, oldest first.
#[derive(Clone, Debug)]
pub struct History<A: Journaled>(Vec<(RecordedEvent, A::Event)>);

impl Journal {
    /// What can only read.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader(self.clone())
    }
}

impl Reader {
    /// Connects to NATS, and leaves streams that exist as they are.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        Ok(Self(Journal::open_as_guest(settings).await?))
    }

    /// The events of an aggregate, as the stream's leader has them. One that does not exist has none.
    ///
    /// The personal fields of somebody who has been erased are null, also where their key could not be destroyed yet.
    ///
    /// # Errors
    /// The log cannot be reached, or what it holds cannot be read.
    pub async fn history<A: Journaled>(&self, id: &str) -> Result<History<A>, ReadError> {
        let opened = self.events(A::CONTEXT, A::TYPE, id).await?;
        let events = opened.into_iter().map(|OpenedEvent { recorded, body }| {
            match schemas::decode::<A::Event>(&recorded.event_type, recorded.schema_version, &body) {
                Ok(event) => Ok((recorded, event)),
                Err(reason) => Err(ReadError::Damaged(
                    EventError::new(A::CONTEXT, &recorded, reason).to_string(),
                )),
            }
        });
        Ok(History(events.collect::<Result<_, _>>()?))
    }

    /// As [`Reader::history`], with the bodies as JSON. An aggregate of a type that is not known has no events.
    ///
    /// # Errors
    /// As [`Reader::history`].
    pub async fn events(
        &self,
        context: Context,
        aggregate_type: &str,
        id: &str,
    ) -> Result<Vec<OpenedEvent>, ReadError> {
        let recorded = self.recorded(context, aggregate_type, id).await?;
        let erased = self.erased_among(&recorded).await?;
        let bodies = self.0.store().open_without(&recorded, &erased).await?;
        let opened = recorded.into_iter().zip(bodies);
        Ok(opened.map(|(recorded, body)| OpenedEvent { recorded, body }).collect())
    }

    async fn recorded(
        &self,
        context: Context,
        aggregate_type: &str,
        id: &str,
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        let is_of = |event: &RecordedEvent| event.aggregate_type == aggregate_type && event.aggregate_id == id;
        self.0.store().scan(context.definition(), is_of, |_, _| {}).await
    }

    /// Those of the people whose data is sealed in events who have been erased.
    async fn erased_among(&self, events: &[RecordedEvent]) -> Result<BTreeSet<String>, LoadError> {
        let people: BTreeSet<&str> = events
            .iter()
            .filter_map(|event| event.sealed.as_ref())
            .map(|sealed| sealed.data_subject.as_str())
            .collect();
        let erasure = PatientEvent::Erased(Bare {}).name().event_type;
        let mut erased = BTreeSet::new();
        for person in people {
            let own = events
                .first()
                .is_some_and(|event| event.aggregate_type == Patient::TYPE);
            let found = match own {
                true => events.iter().any(|event| event.event_type == erasure),
                false => {
                    let patient = self.recorded(Patient::CONTEXT, Patient::TYPE, person).await?;
                    patient.iter().any(|event| event.event_type == erasure)
                }
            };
            if found {
                erased.insert(person.to_owned());
            }
        }
        Ok(erased)
    }
}

impl<A: Journaled> History<A> {
    /// The events up to a version.
    pub fn until(&self, version: u64) -> impl DoubleEndedIterator<Item = (&RecordedEvent, &A::Event)> {
        let until = self.0.partition_point(|(recorded, _)| recorded.version <= version);
        self.0[..until].iter().map(|(recorded, event)| (recorded, event))
    }

    /// How many events there are; the aggregate's version.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Whether the aggregate does not exist.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hands out the events of some versions in order, each with the states before and after it.
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

    /// What the aggregate was like at a moment; nothing when it did not exist, or never came to that version.
    #[must_use]
    pub fn at(&self, moment: Moment) -> Option<Past<A>> {
        let until = match moment {
            Moment::Now => self.0.len(),
            Moment::Version(version) if version > self.len() => 0,
            Moment::Version(version) => usize::try_from(version).unwrap_or(0),
            // The clocks of two services differ. What came later in the log is never taken without what came before it.
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
