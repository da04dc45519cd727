//! The projectors: one file per table.

mod account;
mod appointment;
mod cached_patient;
mod care_relation;
pub(crate) mod event_index;
mod invoice;
mod ledger;
mod patient;
mod payment;
mod practitioner;
mod prescription;

pub(crate) use account::AccountProjector;
pub(crate) use appointment::AppointmentProjector;
pub(crate) use cached_patient::CachedPatientProjector;
pub(crate) use care_relation::CareProjector;
pub(crate) use event_index::{EventIndex, IndexedStream};
pub(crate) use invoice::InvoiceProjector;
pub(crate) use ledger::LedgerProjector;
pub(crate) use patient::PatientProjector;
pub(crate) use payment::PaymentProjector;
pub(crate) use practitioner::PractitionerProjector;
pub(crate) use prescription::PrescriptionProjector;
