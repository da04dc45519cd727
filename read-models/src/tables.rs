//! All declared tables, in lock order. A test compares them with the database.

use crate::{
    account::AccountRow,
    appointment::AppointmentRow,
    cached_patient::CachedPatientRow,
    care_relation::{PrescribingCareRow, SchedulingCareRow},
    event_index::IndexTable,
    invoice::InvoiceRow,
    ledger::PostingRow,
    patient::PatientRow,
    payment::PaymentRow,
    practitioner::PractitionerRow,
    prescription::PrescriptionRow,
    table::{Table, TableRow as _},
};

/// All declared tables.
pub const ALL: [&Table; 15] = [
    AccountRow::TABLE,
    AppointmentRow::TABLE,
    CachedPatientRow::TABLE,
    PrescribingCareRow::TABLE,
    SchedulingCareRow::TABLE,
    IndexTable::Billing.table(),
    IndexTable::Patients.table(),
    IndexTable::Prescribing.table(),
    IndexTable::Scheduling.table(),
    InvoiceRow::TABLE,
    PostingRow::TABLE,
    PatientRow::TABLE,
    PaymentRow::TABLE,
    PractitionerRow::TABLE,
    PrescriptionRow::TABLE,
];
