//! The resources of the API, in the one shape that commands answer with and queries show.

mod appointment;
mod consistency;
mod page;
mod patient;
mod practitioner;

pub use appointment::{AppointmentPatient, AppointmentPractitioner, AppointmentResource};
pub use consistency::{CONSISTENCY_TOKEN, ConsistencyToken, InvalidToken};
pub use page::{Page, SortedBy};
pub use patient::{IdentifierResource, PatientResource};
pub use practitioner::PractitionerResource;
