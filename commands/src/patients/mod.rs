//! The commands on patients and their shared parts.

mod change;
mod deactivate;
mod emails;
mod erase;
mod identifiers;
mod ids;
mod reactivate;
mod record_death;
mod register;
mod revoke_death;

pub use change::ChangePatient;
pub use deactivate::DeactivatePatient;
use domain::patient::{Patient, PatientCommand};
pub use erase::ErasePatient;
pub(super) use ids::PatientIds;
use journal::{Decision, Loaded};
pub use reactivate::ReactivatePatient;
pub use record_death::RecordDeath;
pub use register::RegisterPatient;
pub use revoke_death::RevokeDeath;

use crate::{Target, decide, stop::Stop};

/// Decides a command on an existing patient.
fn change_patient(
    target: Target,
    command: PatientCommand,
    decision: &mut Decision<'_, '_>,
) -> Result<Loaded<Patient>, Stop> {
    let mut patient = decision.load::<Patient>(target.id)?;
    decide(decision, &mut patient, command)?;
    target.check_version(&patient)?;
    Ok(patient)
}
