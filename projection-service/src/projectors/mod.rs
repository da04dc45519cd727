//! The projectors: one file a table.

mod account;
mod appointment;
mod cached_patient;
mod event_index;
mod invoice;
mod ledger;
mod patient;
mod payment;
mod practitioner;
mod prescription;

pub use account::AccountProjector;
pub use appointment::AppointmentProjector;
pub use cached_patient::CachedPatientProjector;
pub use event_index::{
    BillingIndexProjector, EventIndexProjector, IndexedStream, PatientsIndexProjector, PrescribingIndexProjector,
    SchedulingIndexProjector,
};
pub use invoice::InvoiceProjector;
pub use ledger::LedgerProjector;
pub use patient::PatientProjector;
pub use payment::PaymentProjector;
pub use practitioner::PractitionerProjector;
pub use prescription::PrescriptionProjector;
