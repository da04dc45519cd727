//! Folds every event of a stream into its `event_index_…` table: one row per event, with its place and its envelope. It
//! reads no bodies, so it also indexes events of newer programs.

use std::marker::PhantomData;

use log_reader::{Context, FollowedEvent, RecordedEvent};
use read_models::event_index::{IndexRow, IndexTable, IndexedEvent};
use uuid::Uuid;

use crate::{
    fold::recorded,
    projector::{Aggregates, FoldError, Folds},
};

/// An indexed stream and its index table.
pub(crate) trait IndexedStream: Send + Sync + 'static {
    /// The stream.
    const CONTEXT: Context;
    /// The table.
    const TABLE: IndexTable;
}

/// Folds every event of a stream into its index.
#[derive(Debug)]
pub(crate) struct EventIndex<S>(PhantomData<S>);

/// The stream of patients.
#[derive(Debug)]
pub(crate) struct Patients;
/// The stream of practitioners and appointments.
#[derive(Debug)]
pub(crate) struct Scheduling;
/// The stream of prescriptions.
#[derive(Debug)]
pub(crate) struct Prescribing;
/// The stream of accounts and invoices.
#[derive(Debug)]
pub(crate) struct Billing;

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

impl<S: IndexedStream> Folds for EventIndex<S> {
    const NAME: &'static str = S::TABLE.name();
    const CONTEXT: Context = S::CONTEXT;
    const AGGREGATES: Aggregates = Aggregates::All;
    const VERSION: u32 = 1;
    type Row = IndexRow;

    /// Every event has its own row.
    fn key(event: &FollowedEvent) -> Result<Option<Uuid>, String> {
        Ok(Some(recorded(event).id))
    }

    fn fold(_row: Option<IndexRow>, event: &FollowedEvent) -> Option<Result<IndexRow, FoldError>> {
        let event = index(recorded(event));
        Some(Ok(IndexRow { table: S::TABLE, event }))
    }
}

fn index(recorded: &RecordedEvent) -> IndexedEvent {
    IndexedEvent {
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
