//! The resources of the API, in the one shape that commands answer with and queries show.

mod appointment;
mod consistency;
mod page;
mod patient;
mod practitioner;

pub use appointment::{
    AppointmentPatient, AppointmentPractitioner, AppointmentResource, CancellationResource, OverbookingResource,
};
pub use consistency::{CONSISTENCY_TOKEN, ConsistencyToken, InvalidToken};
pub use page::{Page, SortedBy};
pub use patient::{ErasedPatientResource, IdentifierResource, PatientResource};
pub use practitioner::{AvailabilityResource, PractitionerResource, TimeOffResource, WeeklyRuleResource};
