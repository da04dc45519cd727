//! Properties of the prescription: it makes only allowed changes of status, and approved refills never exceed the
//! number of refills.

use domain::{
    live_prescriptions::ClaimChange,
    prescription::{
        Parties, Prescribing, Prescription, PrescriptionChange, PrescriptionCommand, PrescriptionEvent,
        PrescriptionStatus, StatusReason,
    },
    values::{Dosage, Instructions, Medicine, MedicineName, Medicines, Refills, TreatmentDuration},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    assert_way,
    fixtures::{PRACTITIONER, active_patient, ids, practitioner, prescribable},
    fold_in_any_order, run,
};

const WAYS: &[(PrescriptionStatus, PrescriptionStatus)] = &[
    (PrescriptionStatus::Draft, PrescriptionStatus::Active),
    (PrescriptionStatus::Draft, PrescriptionStatus::Cancelled),
    (PrescriptionStatus::Active, PrescriptionStatus::OnHold),
    (PrescriptionStatus::Active, PrescriptionStatus::Completed),
    (PrescriptionStatus::Active, PrescriptionStatus::Stopped),
    (PrescriptionStatus::Active, PrescriptionStatus::Cancelled),
    (PrescriptionStatus::OnHold, PrescriptionStatus::Active),
    (PrescriptionStatus::OnHold, PrescriptionStatus::Completed),
    (PrescriptionStatus::OnHold, PrescriptionStatus::Stopped),
];

fn medicines() -> impl Strategy<Value = Medicines> {
    let names = prop::sample::subsequence(vec!["Paracetamol", "Ibuprofen", "Amlodipine", "Metformin"], 1..=3);
    let medicine = |name: &str| Medicine {
        name: MedicineName::parse(name).expect("a name"),
        dosage: Dosage::parse("500 mg").expect("a dosage"),
        duration: TreatmentDuration::parse("3 days").expect("a duration"),
        instructions: Instructions::parse("after meals").expect("instructions"),
        rx_norm_code: None,
    };
    names.prop_map(move |names| Medicines::parse(names.into_iter().map(medicine).collect()).expect("medicines"))
}

fn refills() -> impl Strategy<Value = Refills> {
    (0_u32..4).prop_map(|number| Refills::parse(number).expect("refills"))
}

pub(crate) fn beginnings() -> impl Strategy<Value = PrescriptionCommand> {
    let appointments = prop::option::weighted(0.8, (20_u128..22).prop_map(Uuid::from_u128));
    (refills(), any::<bool>(), appointments, medicines()).prop_map(|(refills, draft, appointment, medicines)| {
        let prescribing = Prescribing {
            parties: Parties::Present(active_patient(), practitioner().active(PRACTITIONER).expect("active")),
            appointment: appointment.map(prescribable),
            renews: None,
            medicines,
            refills,
            notes: None,
        };
        if draft {
            PrescriptionCommand::Draft(prescribing)
        } else {
            PrescriptionCommand::Issue(prescribing)
        }
    })
}

/// A command on a prescription.
pub(crate) fn command() -> impl Strategy<Value = PrescriptionCommand> {
    let amendments = (prop::option::of(refills()), prop::option::of(medicines()));
    let amendments = amendments.prop_map(|(refills, medicines)| PrescriptionChange {
        refills,
        medicines,
        ..PrescriptionChange::default()
    });
    let reason = StatusReason::default;
    let patient = active_patient();
    let appointments = prop::option::weighted(0.8, (20_u128..22).prop_map(Uuid::from_u128));
    let issuing = appointments.prop_map(move |appointment| PrescriptionCommand::IssueDraft {
        patient,
        appointment: appointment.map(prescribable),
    });
    prop_oneof![
        2 => beginnings(),
        4 => issuing,
        2 => amendments.prop_map(PrescriptionCommand::Amend),
        2 => Just(PrescriptionCommand::Hold(reason())),
        4 => Just(PrescriptionCommand::Resume),
        8 => ids().prop_map(|request_id| PrescriptionCommand::RequestRefill { request_id }),
        8 => ids().prop_map(|request_id| PrescriptionCommand::ApproveRefill { request_id }),
        2 => ids().prop_map(|request_id| PrescriptionCommand::DenyRefill { request_id, reason: None }),
        1 => Just(PrescriptionCommand::Complete),
        1 => Just(PrescriptionCommand::Stop(reason())),
        1 => Just(PrescriptionCommand::Cancel(reason())),
    ]
}

fn commands() -> impl Strategy<Value = Vec<PrescriptionCommand>> {
    (beginnings(), prop::collection::vec(command(), 0..40)).prop_map(|(beginning, mut commands)| {
        commands.insert(0, beginning);
        commands
    })
}

proptest! {
    #[test]
    fn a_prescription_makes_only_allowed_changes_and_each_refill_uses_one(
        commands in commands(),
        order in prop::collection::vec(any::<usize>(), 0..60),
    ) {
        let mut claim = None;
        let happened = run::<Prescription>(commands, |before, prescription, events| {
            assert_way(WAYS, before.status(), prescription.status());
            for event in events {
                claim = ClaimChange::from(event).after(claim);
                if let PrescriptionEvent::RefillApproved(_) = event {
                    let (had, has) = (before.refills_remaining().number(), prescription.refills_remaining().number());
                    assert_eq!(had.checked_sub(1), Some(has));
                }
            }
            assert_eq!(claim, prescription.claims());
        });
        fold_in_any_order::<Prescription>(&happened, &order);
    }
}
