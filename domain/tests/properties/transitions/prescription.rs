//! The transitions of a prescription.

use domain::{
    prescription::{
        Parties, Prescribing, Prescription, PrescriptionChange, PrescriptionCommand, PrescriptionStatus, StatusReason,
    },
    values::{Change, Dosage, Instructions, Medicine, MedicineName, Medicines, Notes, Refills, TreatmentDuration},
};
use uuid::Uuid;

use super::after;
use crate::fixtures::{PRACTITIONER, active_patient, practitioner, prescribable};

const VISIT: Uuid = Uuid::from_u128(5);
const ASKED: Uuid = Uuid::from_u128(6);

fn prescribing() -> Prescribing {
    let medicines = Medicines::parse(vec![Medicine {
        name: MedicineName::parse("Paracetamol").expect("a name"),
        dosage: Dosage::parse("500 mg").expect("a dosage"),
        duration: TreatmentDuration::parse("3 days").expect("a duration"),
        instructions: Instructions::parse("after meals").expect("instructions"),
        rx_norm_code: None,
    }]);
    Prescribing {
        parties: Parties::Present(active_patient(), practitioner().active(PRACTITIONER).expect("active")),
        appointment: Some(prescribable(VISIT)),
        renews: None,
        medicines: medicines.expect("medicines"),
        refills: Refills::parse(3_u8).expect("refills"),
        notes: None,
    }
}

fn issue() -> PrescriptionCommand {
    PrescriptionCommand::Issue(prescribing())
}

fn issue_draft() -> PrescriptionCommand {
    PrescriptionCommand::IssueDraft {
        patient: active_patient(),
        appointment: Some(prescribable(VISIT)),
    }
}

fn amend() -> PrescriptionCommand {
    PrescriptionCommand::Amend(PrescriptionChange {
        notes: Change::Set(Notes::parse("With water").expect("notes")),
        ..PrescriptionChange::default()
    })
}

fn hold() -> PrescriptionCommand {
    PrescriptionCommand::Hold(StatusReason::default())
}

fn stop() -> PrescriptionCommand {
    PrescriptionCommand::Stop(StatusReason::default())
}

fn cancel() -> PrescriptionCommand {
    PrescriptionCommand::Cancel(StatusReason::default())
}

const fn ask(request_id: Uuid) -> PrescriptionCommand {
    PrescriptionCommand::RequestRefill { request_id }
}

const fn name(command: &PrescriptionCommand) -> &'static str {
    match command {
        PrescriptionCommand::Draft(_) => "draft",
        PrescriptionCommand::Issue(_) => "issue",
        PrescriptionCommand::IssueDraft { .. } => "issue the draft",
        PrescriptionCommand::Amend(_) => "amend",
        PrescriptionCommand::Hold(_) => "hold",
        PrescriptionCommand::Resume => "resume",
        PrescriptionCommand::RequestRefill { .. } => "request a refill",
        PrescriptionCommand::ApproveRefill { .. } => "approve a request",
        PrescriptionCommand::DenyRefill { .. } => "deny a request",
        PrescriptionCommand::Complete => "complete",
        PrescriptionCommand::Stop(_) => "stop",
        PrescriptionCommand::Cancel(_) => "cancel",
    }
}

pub(super) fn table() -> String {
    let draft = PrescriptionCommand::Draft(prescribing());
    // One request is open wherever there can be one.
    let then = |deed| after([issue(), ask(ASKED), deed]);
    let states = [
        ("none", Prescription::default()),
        ("draft", after([draft.clone()])),
        ("active", after([issue(), ask(ASKED)])),
        ("on-hold", then(hold())),
        ("completed", then(PrescriptionCommand::Complete)),
        ("stopped", then(stop())),
        ("cancelled", then(cancel())),
    ];
    let commands = [
        draft,
        issue(),
        issue_draft(),
        amend(),
        hold(),
        PrescriptionCommand::Resume,
        ask(Uuid::from_u128(7)),
        PrescriptionCommand::ApproveRefill { request_id: ASKED },
        PrescriptionCommand::DenyRefill {
            request_id: ASKED,
            reason: None,
        },
        PrescriptionCommand::Complete,
        stop(),
        cancel(),
    ];
    let rows = commands.map(|command| (name(&command).to_owned(), command));
    super::table("prescription", &states, rows.into(), |prescription| {
        prescription.status().map_or("none", PrescriptionStatus::code)
    })
}
