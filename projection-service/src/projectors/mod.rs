//! The projectors: one file a table.

mod appointment;
mod cached_patient;
mod patient;
mod practitioner;

pub use appointment::AppointmentProjector;
pub use cached_patient::CachedPatientProjector;
pub use patient::PatientProjector;
pub use practitioner::PractitionerProjector;
