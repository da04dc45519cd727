//! What the commands on a prescription that is there share: they load it, decide, and answer with the whole of it.

use domain::prescription::{Prescription, PrescriptionCommand, PrescriptionRefusal};
use journal::Decision;

use super::{Answer, Refusal, Target, decide, stop::Stop};

/// Decides a command about a prescription that is there.
pub(super) fn change_prescription(
    target: Target,
    command: PrescriptionCommand,
    decision: &mut Decision<'_, '_>,
) -> Result<Answer, Stop> {
    let mut prescription = decision.load::<Prescription>(target.id)?;
    let unknown = Refusal::Prescription(PrescriptionRefusal::Unknown);
    let patient_id = prescription.state().prescribed().ok_or(unknown)?.patient_id;
    target.check_version(&prescription)?;
    decide(decision, &mut prescription, command)?;
    Ok(Answer::prescription(target.id, &prescription)?.about(patient_id, decision)?)
}
