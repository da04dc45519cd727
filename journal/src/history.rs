//! Looking back: what an aggregate was like at an instant or in a version, and the events that made it so. It reads the
//! log, where it is told or by searching it, and can do nothing else: code that must not append is given a [`Reader`].

use std::{collections::BTreeSet, ops::RangeInclusive};

use chrono::{DateTime, Utc};
use event_store::{Place, RecordedEvent};
use platform::config::Settings;

use crate::{Context, EventError, Journal, Journaled, OpenError, OpenedEvent, ReadError};

/// How many events are read at a time where a stream is searched.
const SCANNED_AT_ONCE: usize = 1_000;

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
        Ok(Self(Journal::open_to_read(settings).await?))
    }

    /// The events at some places of a stream, in the order of the places.
    ///
    /// # Errors
    /// The log cannot be reached, or what it holds cannot be read, or there is no event at a place.
    pub async fn events_at(&self, context: Context, places: &[Place]) -> Result<Vec<RecordedEvent>, ReadError> {
        self.0.recorded_at(context, places).await
    }

    /// As [`Reader::events_at`], for all the events of one aggregate, in the order of its versions.
    ///
    /// # Errors
    /// As [`Reader::events_at`], or a version is missing, or another aggregate's events stand at these places.
    pub async fn events_of(
        &self,
        context: Context,
        aggregate_type: &str,
        id: &str,
        places: &[Place],
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let events = self.events_at(context, places).await?;
        for (event, version) in events.iter().zip(1..) {
            if event.aggregate_type != aggregate_type || event.aggregate_id != id {
                return Err(ReadError::Damaged(format!(
                    "stream {context}, sequence {}: the event is not of {aggregate_type}/{id}, as it should be",
                    event.place()
                )));
            }
            if event.version != version {
                return Err(ReadError::Damaged(format!(
                    "stream {context}: the event of version {version} of {aggregate_type}/{id} is missing"
                )));
            }
        }
        Ok(events)
    }

    /// The position of a stream's last event.
    ///
    /// # Errors
    /// The log cannot be reached.
    pub async fn end(&self, context: Context) -> Result<u64, ReadError> {
        Ok(self.0.status(context).await?.last_position)
    }

    /// Reads a stream behind a position, up to its end as it is now, for the events that are wanted, and stops when it has
    /// found `most` of them. Events of aggregates of other types than these are passed over unread; without types, none are.
    /// `tell` hears the position and the end.
    ///
    /// # Errors
    /// The log cannot be reached, or what it holds cannot be read.
    pub async fn scan(
        &self,
        context: Context,
        after: u64,
        types: &[&'static str],
        most: usize,
        wanted: impl Fn(&RecordedEvent) -> bool,
        mut tell: impl FnMut(u64, u64),
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let end = self.end(context).await?;
        let mut found = Vec::new();
        let mut follower = self.0.follow(context, after.min(end)).of_types(types);
        while follower.position() < end && found.len() < most {
            let batch = follower.next_recorded(SCANNED_AT_ONCE).await?;
            found.extend(batch.into_iter().filter(|event| wanted(event)));
            tell(follower.position().min(end), end);
        }
        found.truncate(most);
        Ok(found)
    }

    /// Opens events: their bodies as JSON. The personal fields of these people are null, also where their key could not be
    /// destroyed yet, and of everybody whose key has been.
    ///
    /// # Errors
    /// The keys cannot be reached, or a body cannot be opened.
    pub async fn open_events(
        &self,
        recorded: Vec<RecordedEvent>,
        erased: &BTreeSet<String>,
    ) -> Result<Vec<OpenedEvent>, ReadError> {
        let bodies = self.0.store().open_without(&recorded, erased).await?;
        let opened = recorded.into_iter().zip(bodies);
        Ok(opened.map(|(recorded, body)| OpenedEvent { recorded, body }).collect())
    }
}

/// The people whose data is sealed in events.
#[must_use]
pub fn data_subjects(events: &[RecordedEvent]) -> BTreeSet<String> {
    let sealed = events.iter().filter_map(|event| event.sealed.as_ref());
    sealed.map(|sealed| sealed.data_subject.clone()).collect()
}

impl<A: Journaled> History<A> {
    /// Reads the opened events of one aggregate, which come in the order of its versions.
    ///
    /// # Errors
    /// One is not one that this code knows, or is damaged.
    pub fn read(opened: Vec<OpenedEvent>) -> Result<Self, ReadError> {
        let events = opened.into_iter().map(|OpenedEvent { recorded, body }| {
            match schemas::decode::<A::Event>(&recorded.event_type, recorded.schema_version, &body) {
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
