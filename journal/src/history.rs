//! History: the state of an aggregate at an instant or a version, and the events that led to it. Code that must not
//! append gets a [`Reader`], which can only read the log.

use std::{collections::BTreeSet, ops::RangeInclusive};

use chrono::{DateTime, Utc};
use event_store::{Place, RecordedEvent};
use platform::config::Settings;

use crate::{Context, EventError, Journal, Journaled, OpenError, OpenedEvent, ReadError};

/// The number of events per batch when a stream is searched.
const SCANNED_AT_ONCE: usize = 1_000;

/// Reads the log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader(Journal);

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
    /// When the last event of this state was decided.
    pub time: DateTime<Utc>,
}

/// All events of one aggregate, oldest first.
#[derive(Clone, Debug)]
pub struct History<A: Journaled>(Vec<(RecordedEvent, A::Event)>);

impl Journal {
    /// A handle that can only read.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader(self.clone())
    }
}

impl Reader {
    /// Connects to NATS. Existing streams stay unchanged.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        Ok(Self(Journal::open_to_read(settings).await?))
    }

    /// The events at these places of a stream, in the given order.
    ///
    /// # Errors
    /// The log cannot be reached, its data cannot be read, or a place has no event.
    pub async fn events_at(&self, context: Context, places: &[Place]) -> Result<Vec<RecordedEvent>, ReadError> {
        self.0.recorded_at(context, places).await
    }

    /// As [`Reader::events_at`], for all events of one aggregate, in version order.
    ///
    /// # Errors
    /// As [`Reader::events_at`]; or a version is missing, or a place holds an event of another aggregate.
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
                    "stream {context}, sequence {}: the event is not of {aggregate_type}/{id}",
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

    /// Searches a stream after a position, up to its present end, and stops when it has found `most` of the wanted
    /// events. `types` limits the search to aggregates of these types; without types, all events are searched. `tell`
    /// is called with the position and the end.
    ///
    /// # Errors
    /// The log cannot be reached, or its data cannot be read.
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

    /// Opens events: their bodies in JSON. Personal fields are null for everyone in `erased`, even if their key could
    /// not be destroyed yet, and for everyone whose key has been destroyed.
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

/// The data subjects of the sealed fields in these events.
#[must_use]
pub fn data_subjects(events: &[RecordedEvent]) -> BTreeSet<String> {
    let sealed = events.iter().filter_map(|event| event.sealed.as_ref());
    sealed.map(|sealed| sealed.data_subject.clone()).collect()
}

impl<A: Journaled> History<A> {
    /// Decodes the opened events of one aggregate, in version order.
    ///
    /// # Errors
    /// An event is unknown to this code, or damaged.
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
