//! The commands on prescriptions and their shared parts.

mod amend;
mod cancel;
mod complete;
mod decide_refill;
mod hold;
mod issue;
mod live;
mod prescribe;
mod request_refill;
mod resume;
mod stop;

pub use amend::AmendPrescription;
pub use cancel::CancelPrescription;
pub use complete::CompletePrescription;
pub use decide_refill::{DecideRefill, RefillDecision};
use domain::prescription::{Prescription, PrescriptionCommand, PrescriptionRefusal};
pub use hold::HoldPrescription;
pub use issue::IssuePrescription;
use journal::Decision;
pub use prescribe::{Prescribe, PrescriptionKind};
pub use request_refill::RequestRefill;
pub use resume::ResumePrescription;
pub use stop::StopPrescription;

use crate::{Answer, Refusal, Target, decide, stop::Stop};

/// Decides a command on an existing prescription.
fn change_prescription(
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
