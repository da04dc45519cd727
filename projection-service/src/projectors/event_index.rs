//! Folds every event of a stream into its `event_index_…` table, one row an event: where it stands, and what its envelope
//! says. It reads no body, so that an event of a newer program has its place, too.

use std::marker::PhantomData;

use journal::{Context, JournalEvent, RecordedEvent};
use read_models::event_index::{IndexTable, IndexedEvent};
use uuid::Uuid;

use crate::projector::{Aggregates, FoldError, Projector};

/// A stream that is indexed, and the table that its index is.
pub trait IndexedStream: Send + Sync + 'static {
    /// The stream.
    const CONTEXT: Context;
    /// The table.
    const TABLE: IndexTable;
}

/// Folds every event of a stream into its index.
#[derive(Debug)]
pub struct EventIndexProjector<S>(PhantomData<S>);

/// Folds the events of `PATIENTS` into `event_index_patients`.
pub type PatientsIndexProjector = EventIndexProjector<Patients>;
/// Folds the events of `SCHEDULING` into `event_index_scheduling`.
pub type SchedulingIndexProjector = EventIndexProjector<Scheduling>;
/// Folds the events of `PRESCRIBING` into `event_index_prescribing`.
pub type PrescribingIndexProjector = EventIndexProjector<Prescribing>;
/// Folds the events of `BILLING` into `event_index_billing`.
pub type BillingIndexProjector = EventIndexProjector<Billing>;

/// The stream of patients.
#[derive(Debug)]
pub struct Patients;
/// The stream of practitioners and appointments.
#[derive(Debug)]
pub struct Scheduling;
/// The stream of prescriptions.
#[derive(Debug)]
pub struct Prescribing;
/// The stream of accounts and invoices.
#[derive(Debug)]
pub struct Billing;

impl IndexedStream for Patients {
    const CONTEXT: Context = Context::Patients;
    const TABLE: IndexTable = IndexTable::Patients;
}

impl IndexedStream for Scheduling {
    const CONTEXT: Context = Context::Scheduling;
    const TABLE: IndexTable = IndexTable::Scheduling;
}

impl IndexedStream for Prescribing {
    const CONTEXT: Context = Context::Prescribing;
    const TABLE: IndexTable = IndexTable::Prescribing;
}

impl IndexedStream for Billing {
    const CONTEXT: Context = Context::Billing;
    const TABLE: IndexTable = IndexTable::Billing;
}

impl<S: IndexedStream> Projector for EventIndexProjector<S> {
    const NAME: &'static str = S::TABLE.name();
    const CONTEXT: Context = S::CONTEXT;
    const AGGREGATES: Aggregates = Aggregates::All;
    const VERSION: u32 = 1;
    type Row = IndexedEvent;

    /// Every event has a row of its own.
    fn key(event: &JournalEvent) -> Result<Option<Uuid>, FoldError> {
        Ok(Some(event.recorded.id))
    }

    fn fold(_row: Option<IndexedEvent>, event: &JournalEvent) -> Result<IndexedEvent, FoldError> {
        Ok(index(S::TABLE, &event.recorded))
    }

    fn fold_unread(recorded: &RecordedEvent) -> Option<IndexedEvent> {
        Some(index(S::TABLE, recorded))
    }
}

fn index(table: IndexTable, recorded: &RecordedEvent) -> IndexedEvent {
    IndexedEvent {
        table,
        event_id: recorded.id,
        aggregate_type: recorded.aggregate_type.clone(),
        aggregate_id: recorded.aggregate_id.clone(),
        version: recorded.version.cast_signed(),
        event_type: recorded.event_type.clone(),
        schema_version: recorded.schema_version.cast_signed(),
        time: recorded.metadata.time,
        correlation_id: recorded.metadata.correlation_id,
        causation_id: recorded.metadata.causation_id,
        position: recorded.position.cast_signed(),
        index_in_commit: recorded.index.cast_signed(),
    }
}
