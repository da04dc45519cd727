//! Finds the events of an aggregate or of a correlation, and fetches them from the log. The event index in Postgres
//! locates them. Events that are not (yet) indexed are found by scanning the streams.

use std::{collections::BTreeSet, fmt, sync::Arc};

use domain::{
    Bare, NamedEvent as _,
    patient::{Patient, PatientEvent},
};
use events::CATALOGUE;
use log_reader::{Context, History, Journaled, OpenedEvent, Place, Reader, RecordedEvent, data_subjects};
use read_models::{
    PgPool, PooledConnection, checkpoint,
    event_index::{self, IndexTable},
};
use uuid::Uuid;

use super::PastError;

/// A progress callback. It receives the stream's name, the current position, and the end position.
pub type Tell = Arc<dyn Fn(&'static str, u64, u64) + Send + Sync>;

/// Finds and fetches events. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Finder {
    reader: Reader,
    index: Option<PgPool>,
    search: Option<Search>,
}

/// Scans the streams for unindexed events, and reports the progress.
#[derive(Clone)]
struct Search(Tell);

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Search")
    }
}

/// The index of a stream on one connection.
struct Index {
    connection: PooledConnection,
    /// The position up to which the index is complete. 0 if this finder does not scan.
    until: u64,
}

/// The index table of a context's stream.
pub(crate) const fn table(context: Context) -> IndexTable {
    match context {
        Context::Patients => IndexTable::Patients,
        Context::Scheduling => IndexTable::Scheduling,
        Context::Prescribing => IndexTable::Prescribing,
        Context::Billing => IndexTable::Billing,
    }
}

const fn type_of<A: Journaled>() -> &'static str {
    A::TYPE
}

/// The type of the event that records a patient's erasure.
fn erasure() -> &'static str {
    PatientEvent::Erased(Bare {}).name().event_type
}

/// The patients whose erasure is among these events.
fn erased_in(events: &[RecordedEvent]) -> BTreeSet<String> {
    let erasures = events.iter().filter(|event| event.event_type == erasure());
    erasures.map(|event| event.aggregate_id.clone()).collect()
}

impl Finder {
    /// Creates a finder that uses the index only. It does not see events that are not indexed yet.
    #[must_use]
    pub const fn indexed(reader: Reader, index: PgPool) -> Self {
        Self {
            reader,
            index: Some(index),
            search: None,
        }
    }

    /// Creates a finder that uses the index, if there is one, and scans the streams from the index's position on.
    /// `tell` receives the progress of the scan.
    #[must_use]
    pub const fn searching(reader: Reader, index: Option<PgPool>, tell: Tell) -> Self {
        Self {
            reader,
            index,
            search: Some(Search(tell)),
        }
    }

    /// The read models, if there are any.
    pub(super) const fn read_models(&self) -> Option<&PgPool> {
        self.index.as_ref()
    }

    /// Returns the events of an aggregate, oldest first. An aggregate that does not exist has none.
    ///
    /// The personal fields of erased people are null, even if their key could not be destroyed yet.
    ///
    /// # Errors
    /// The index or the log cannot be reached, or an event cannot be read.
    pub async fn history<A: Journaled>(&self, id: &str) -> Result<History<A>, PastError> {
        Ok(History::read(self.events(A::CONTEXT, A::TYPE, id).await?)?)
    }

    /// As [`Finder::history`], with the bodies as JSON. An aggregate of an unknown type has no events.
    ///
    /// # Errors
    /// As [`Finder::history`].
    pub async fn events(
        &self,
        context: Context,
        aggregate_type: &str,
        id: &str,
    ) -> Result<Vec<OpenedEvent>, PastError> {
        let places = self.places_of_aggregate(context, aggregate_type, id).await?;
        let recorded = self.reader.events_of(context, aggregate_type, id, &places).await?;
        // A patient's own events include the erasure.
        let erased = match aggregate_type == type_of::<Patient>() {
            true => erased_in(&recorded),
            false => self.erased_among(&recorded).await?,
        };
        Ok(self.reader.open_events(recorded, &erased).await?)
    }

    /// Returns the events of a correlation in some streams, sealed. The events of a stream are in stream order, at most
    /// `most` per stream.
    ///
    /// # Errors
    /// As [`Finder::history`].
    pub async fn of_correlation(
        &self,
        contexts: &[Context],
        correlation: Uuid,
        most: usize,
    ) -> Result<Vec<RecordedEvent>, PastError> {
        let mut events = Vec::new();
        for context in contexts.iter().copied() {
            let places = self.places_of_correlation(context, correlation, most).await?;
            events.append(&mut self.reader.events_at(context, &places).await?);
        }
        Ok(events)
    }

    /// Opens sealed events. The personal fields of erased people are null.
    ///
    /// # Errors
    /// As [`Finder::history`].
    pub async fn open(&self, recorded: Vec<RecordedEvent>) -> Result<Vec<OpenedEvent>, PastError> {
        let erased = self.erased_among(&recorded).await?;
        Ok(self.reader.open_events(recorded, &erased).await?)
    }

    /// The erased people among those whose data is sealed in these events.
    async fn erased_among(&self, events: &[RecordedEvent]) -> Result<BTreeSet<String>, PastError> {
        let mut erased = erased_in(events);
        let people: Vec<String> = data_subjects(events).difference(&erased).cloned().collect();
        if people.is_empty() {
            return Ok(erased);
        }
        let (context, patient, erasure) = (Patient::CONTEXT, type_of::<Patient>(), erasure());
        let mut until = 0;
        if let Some(mut index) = self.index(context).await? {
            until = index.until;
            let found = event_index::with_event(&mut index.connection, table(context), patient, &people, erasure);
            erased.extend(found.await?);
        }
        let wanted = |event: &RecordedEvent| event.event_type == erasure && people.contains(&event.aggregate_id);
        let found = self.search(context, until, &[patient], usize::MAX, wanted).await?;
        erased.extend(found.into_iter().map(|event| event.aggregate_id));
        Ok(erased)
    }

    async fn places_of_aggregate(
        &self,
        context: Context,
        aggregate_type: &str,
        id: &str,
    ) -> Result<Vec<Place>, PastError> {
        let (mut places, mut until) = (Vec::new(), 0);
        if let Some(mut index) = self.index(context).await? {
            until = index.until;
            let found = event_index::of_aggregate(&mut index.connection, table(context), aggregate_type, id).await?;
            places = found.into_iter().map(place).collect();
        }
        let known = CATALOGUE.iter().find(|known| known.aggregate_type == aggregate_type);
        let Some(aggregate_type) = known.map(|known| known.aggregate_type) else {
            return Ok(places);
        };
        let wanted = |event: &RecordedEvent| event.aggregate_type == aggregate_type && event.aggregate_id == id;
        let found = self
            .search(context, until, &[aggregate_type], usize::MAX, wanted)
            .await?;
        Ok(self.joined(places, until, found))
    }

    async fn places_of_correlation(
        &self,
        context: Context,
        correlation: Uuid,
        most: usize,
    ) -> Result<Vec<Place>, PastError> {
        let (mut places, mut until) = (Vec::new(), 0);
        if let Some(mut index) = self.index(context).await? {
            until = index.until;
            let indexed = event_index::of_correlation(&mut index.connection, table(context), correlation, most).await?;
            places = indexed.into_iter().map(place).collect();
        }
        let wanted = |event: &RecordedEvent| event.metadata.correlation_id == correlation;
        let found = self.search(context, until, &[], most, wanted).await?;
        let mut places = self.joined(places, until, found);
        places.truncate(most);
        Ok(places)
    }

    /// Opens the index for reading. `None` if there is none, or if it belongs to another log.
    async fn index(&self, context: Context) -> Result<Option<Index>, PastError> {
        let Some(pool) = &self.index else { return Ok(None) };
        let mut connection = pool.acquire().await?;
        if self.search.is_none() {
            return Ok(Some(Index { connection, until: 0 }));
        }
        // Read before the rows, so that they cover at least this position.
        let until = checkpoint::position(&mut connection, table(context).name()).await?;
        // An index beyond the end of the stream belongs to another log.
        let is_of_this_log = until <= self.reader.end(context).await?;
        Ok(is_of_this_log.then_some(Index { connection, until }))
    }

    /// Scans a stream from a position on, if this finder scans.
    async fn search(
        &self,
        context: Context,
        after: u64,
        types: &[&'static str],
        most: usize,
        wanted: impl Fn(&RecordedEvent) -> bool,
    ) -> Result<Vec<RecordedEvent>, PastError> {
        let Some(Search(tell)) = &self.search else {
            return Ok(Vec::new());
        };
        let told = |position, end| tell(context.name(), position, end);
        Ok(self.reader.scan(context, after, types, most, wanted, told).await?)
    }

    /// Joins the indexed places with those that the scan found behind the index.
    fn joined(&self, mut places: Vec<Place>, until: u64, found: Vec<RecordedEvent>) -> Vec<Place> {
        if self.search.is_some() {
            // The index may have advanced meanwhile. The scan has found its new entries too.
            places.retain(|place| place.position <= until);
        }
        places.extend(found.iter().map(RecordedEvent::place));
        places
    }
}

const fn place((position, index): event_index::Place) -> Place {
    Place { position, index }
}
