//! What the commands on a patient who is there share: they load them and decide.

use domain::patient::{Patient, PatientCommand};
use journal::{Decision, Loaded};

use super::{Target, decide, stop::Stop};

/// Decides a command about a patient.
pub(super) fn change_patient(
    target: Target,
    command: PatientCommand,
    decision: &mut Decision<'_, '_>,
) -> Result<Loaded<Patient>, Stop> {
    let mut patient = decision.load::<Patient>(target.id)?;
    decide(decision, &mut patient, command)?;
    target.check_version(&patient)?;
    Ok(patient)
}
