//! Scenarios of the prescription's rules.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::{
    appointment::{Appointment, AppointmentEvent, Booked, Origin, PrescribableAppointment},
    patient::{ActivePatient, Demographics, Patient, PatientEvent, RecordedDemographics},
    practitioner::{ActivePractitioner, Practitioner, PractitionerDetails, PractitionerEvent},
    values::{
        Change, Dosage, IdentifierHashes, Identifiers, Instructions, MedicationReason, Medicine, MedicineName,
        Medicines, Name, Notes, Period, Personal, Refills, TimeZone, TreatmentDuration,
    },
};

const JOHN: Uuid = Uuid::from_u128(1);
const ADA: Uuid = Uuid::from_u128(2);
const APPOINTMENT: Uuid = Uuid::from_u128(3);
const PRIOR: Uuid = Uuid::from_u128(4);
const REQUEST: Uuid = Uuid::from_u128(5);
const ANOTHER_REQUEST: Uuid = Uuid::from_u128(6);

fn patient(id: Uuid) -> ActivePatient {
    let mut patient = Patient::default();
    patient.evolve(&PatientEvent::Registered(RecordedDemographics {
        demographics: Demographics {
            name: Personal::Erased,
            date_of_birth: Personal::Erased,
            email: None,
            phone: None,
            address: None,
            gender: None,
            identifiers: Identifiers::default(),
        },
        email_hash: None,
        identifier_hashes: IdentifierHashes::default(),
    }));
    patient.active(id).expect("registered")
}

fn practitioner() -> ActivePractitioner {
    let mut practitioner = Practitioner::default();
    practitioner.evolve(&PractitionerEvent::Registered(PractitionerDetails {
        name: Name::parse("Dr Ada Ruiz").expect("a name").into(),
        specialty: None,
        time_zone: TimeZone::UTC,
        email: None,
    }));
    practitioner.active(ADA).expect("registered")
}

fn appointment_of(patient_id: Uuid) -> PrescribableAppointment {
    let instant = |text: &str| text.parse().expect("an instant");
    let mut appointment = Appointment::default();
    appointment.evolve(&AppointmentEvent::Booked(Booked {
        patient_id,
        practitioner_id: ADA,
        period: Period::parse(instant("2027-01-11T15:00:00Z"), instant("2027-01-11T15:30:00Z")).expect("a period"),
        time_zone: TimeZone::UTC,
        local_start: "2027-01-11T15:00:00".parse().expect("a local time"),
        reason: None,
        notes: None,
        origin: Origin::Booked,
        overbooking: None,
    }));
    appointment.prescribable(APPOINTMENT).expect("live")
}

fn prior_of(patient_id: Uuid) -> RenewablePrescription {
    let mut prior = Prescription::default();
    prior.evolve(&PrescriptionEvent::Issued(Prescribed {
        patient_id,
        ..prescribed()
    }));
    prior.renewable(PRIOR).expect("issued")
}

fn medicines(name: &str) -> Medicines {
    Medicines::parse(vec![Medicine {
        name: MedicineName::parse(name).expect("a name"),
        dosage: Dosage::parse("500 mg").expect("a dosage"),
        duration: TreatmentDuration::parse("3 days").expect("a duration"),
        instructions: Instructions::parse("after meals").expect("instructions"),
        rx_norm_code: None,
    }])
    .expect("medicines")
}

fn refills(number: u32) -> Refills {
    Refills::parse(number).expect("refills")
}

fn prescribing() -> Prescribing {
    Prescribing {
        parties: Parties::Present(patient(JOHN), practitioner()),
        appointment: Some(appointment_of(JOHN)),
        renews: None,
        medicines: medicines("Paracetamol"),
        refills: refills(1),
        notes: None,
    }
}

fn directions() -> Directions {
    Directions {
        medicines: medicines("Paracetamol").into(),
        refills_remaining: refills(1),
        notes: None,
    }
}

fn prescribed() -> Prescribed {
    Prescribed {
        patient_id: JOHN,
        practitioner_id: ADA,
        appointment_id: Some(APPOINTMENT),
        prior_prescription_id: None,
        directions: directions(),
    }
}

fn reason() -> StatusReason {
    StatusReason {
        reason_code: Some(MedicationReason::Surgery),
        reason_text: None,
    }
}

fn drafted() -> PrescriptionEvent {
    PrescriptionEvent::Drafted(prescribed())
}

fn issued() -> PrescriptionEvent {
    PrescriptionEvent::Issued(prescribed())
}

fn held() -> PrescriptionEvent {
    PrescriptionEvent::Held(reason())
}

fn resumed() -> PrescriptionEvent {
    PrescriptionEvent::Resumed(Bare {})
}

fn completed() -> PrescriptionEvent {
    PrescriptionEvent::Completed(Bare {})
}

fn stopped() -> PrescriptionEvent {
    PrescriptionEvent::Stopped(reason())
}

fn cancelled() -> PrescriptionEvent {
    PrescriptionEvent::Cancelled(reason())
}

fn requested(request_id: Uuid) -> PrescriptionEvent {
    PrescriptionEvent::RefillRequested(RefillRequested { request_id })
}

fn approved(request_id: Uuid, remaining: u32) -> PrescriptionEvent {
    PrescriptionEvent::RefillApproved(RefillApproved {
        request_id,
        refills_remaining: refills(remaining),
    })
}

fn denied(request_id: Uuid) -> PrescriptionEvent {
    PrescriptionEvent::RefillDenied(RefillDenied {
        request_id,
        reason: None,
    })
}

fn request(request_id: Uuid) -> PrescriptionCommand {
    PrescriptionCommand::RequestRefill { request_id }
}

fn approve(request_id: Uuid) -> PrescriptionCommand {
    PrescriptionCommand::ApproveRefill { request_id }
}

fn deny(request_id: Uuid) -> PrescriptionCommand {
    PrescriptionCommand::DenyRefill {
        request_id,
        reason: None,
    }
}

fn given(events: &[PrescriptionEvent]) -> AggregateTestExecutor<Prescription> {
    TestFramework::with(()).given(events.to_vec())
}

fn prescription(events: &[PrescriptionEvent]) -> Prescription {
    let mut prescription = Prescription::default();
    events.iter().for_each(|event| prescription.evolve(event));
    prescription
}

#[test]
fn a_practitioner_issues_a_prescription_at_an_appointment() {
    given(&[])
        .when(PrescriptionCommand::Issue(prescribing()))
        .then_expect_events(vec![issued()]);
    let without_appointment = Prescribing {
        appointment: None,
        ..prescribing()
    };
    given(&[])
        .when(PrescriptionCommand::Issue(without_appointment))
        .then_expect_events(vec![PrescriptionEvent::Issued(Prescribed {
            appointment_id: None,
            ..prescribed()
        })]);
}

#[test]
fn refuses_the_appointment_of_another_patient() {
    given(&[])
        .when(PrescriptionCommand::Issue(Prescribing {
            appointment: Some(appointment_of(ADA)),
            ..prescribing()
        }))
        .then_expect_error(PrescriptionRefusal::AnotherPatientsAppointment);
}

#[test]
fn refuses_to_create_a_prescription_twice() {
    given(&[issued()])
        .when(PrescriptionCommand::Issue(prescribing()))
        .then_expect_error(PrescriptionRefusal::AlreadyPrescribed);
    given(&[drafted()])
        .when(PrescriptionCommand::Draft(prescribing()))
        .then_expect_error(PrescriptionRefusal::AlreadyPrescribed);
    given(&[])
        .when(PrescriptionCommand::Complete)
        .then_expect_error(PrescriptionRefusal::Unknown);
}

fn issue_draft(patient_id: Uuid, appointment: Option<PrescribableAppointment>) -> PrescriptionCommand {
    PrescriptionCommand::IssueDraft {
        patient: patient(patient_id),
        appointment,
    }
}

#[test]
fn issuing_a_draft_needs_proof_of_its_live_appointment() {
    for appointment in [None, Some(appointment_of(ADA))] {
        given(&[drafted()])
            .when(issue_draft(JOHN, appointment))
            .then_expect_error(PrescriptionRefusal::AnotherPatientsAppointment);
    }
}

#[test]
fn row_5_a_different_reason_is_recorded_or_refused() {
    let other = || StatusReason {
        reason_code: MedicationReason::parse("salg").ok(),
        reason_text: None,
    };
    given(&[issued(), held()])
        .when(PrescriptionCommand::Hold(other()))
        .then_expect_events(vec![PrescriptionEvent::Held(other())]);
    given(&[issued(), PrescriptionEvent::Stopped(reason())])
        .when(PrescriptionCommand::Stop(other()))
        .then_expect_error(PrescriptionRefusal::AnotherReason(PrescriptionStatus::Stopped));
    given(&[drafted(), cancelled()])
        .when(PrescriptionCommand::Cancel(other()))
        .then_expect_error(PrescriptionRefusal::AnotherReason(PrescriptionStatus::Cancelled));
}

#[test]
fn row_8_refill_requests_are_limited() {
    let asked = (0..200_u128).flat_map(|number| {
        let request_id = Uuid::from_u128(1_000 + number);
        [
            PrescriptionEvent::RefillRequested(RefillRequested { request_id }),
            PrescriptionEvent::RefillDenied(RefillDenied {
                request_id,
                reason: None,
            }),
        ]
    });
    let full: Vec<PrescriptionEvent> = [issued()].into_iter().chain(asked).collect();
    given(&full)
        .when(PrescriptionCommand::RequestRefill {
            request_id: Uuid::from_u128(9),
        })
        .then_expect_error(PrescriptionRefusal::TooManyRefillRequests);
}

#[test]
fn issuing_a_draft_includes_its_amendments() {
    given(&[])
        .when(PrescriptionCommand::Draft(prescribing()))
        .then_expect_events(vec![drafted()]);
    let amended = Directions {
        medicines: medicines("Ibuprofen").into(),
        ..directions()
    };
    given(&[drafted(), PrescriptionEvent::Amended(amended.clone())])
        .when(issue_draft(JOHN, Some(appointment_of(JOHN))))
        .then_expect_events(vec![PrescriptionEvent::Issued(Prescribed {
            directions: amended,
            ..prescribed()
        })]);
    given(&[drafted(), issued()])
        .when(issue_draft(JOHN, Some(appointment_of(JOHN))))
        .then_expect_events(vec![]);
    given(&[drafted()])
        .when(issue_draft(ADA, Some(appointment_of(JOHN))))
        .then_expect_error(PrescriptionRefusal::AnotherPatientsPrescription);
}

#[test]
fn a_renewal_names_a_prior_prescription_of_the_same_patient() {
    given(&[])
        .when(PrescriptionCommand::Issue(Prescribing {
            renews: Some(prior_of(JOHN)),
            ..prescribing()
        }))
        .then_expect_events(vec![PrescriptionEvent::Issued(Prescribed {
            prior_prescription_id: Some(PRIOR),
            ..prescribed()
        })]);
    given(&[])
        .when(PrescriptionCommand::Issue(Prescribing {
            renews: Some(prior_of(ADA)),
            ..prescribing()
        }))
        .then_expect_error(PrescriptionRefusal::AnotherPatientsPrescription);
}

#[test]
fn drafts_and_cancelled_prescriptions_cannot_be_renewed() {
    let renewable = |events: &[PrescriptionEvent]| prescription(events).renewable(PRIOR);
    for history in [vec![issued()], vec![issued(), completed()], vec![issued(), stopped()]] {
        assert!(renewable(&history).is_ok());
    }
    assert_eq!(renewable(&[]), Err(PrescriptionRefusal::Unknown));
    let refused = |status| Err(PrescriptionRefusal::InStatus(status));
    assert_eq!(renewable(&[drafted()]), refused(PrescriptionStatus::Draft));
    assert_eq!(
        renewable(&[issued(), cancelled()]),
        refused(PrescriptionStatus::Cancelled)
    );
}

#[test]
fn an_amendment_replaces_only_the_named_fields() {
    let notes = Notes::parse("With water").expect("notes");
    let change = PrescriptionChange {
        notes: Change::Set(notes.clone()),
        refills: Some(refills(3)),
        ..PrescriptionChange::default()
    };
    let amended = PrescriptionEvent::Amended(Directions {
        refills_remaining: refills(3),
        notes: Some(notes),
        ..directions()
    });
    for live in [vec![drafted()], vec![issued()], vec![issued(), held()]] {
        given(&live)
            .when(PrescriptionCommand::Amend(change.clone()))
            .then_expect_events(vec![amended.clone()]);
    }
    given(&[issued(), amended])
        .when(PrescriptionCommand::Amend(change.clone()))
        .then_expect_events(vec![]);
    given(&[issued(), stopped()])
        .when(PrescriptionCommand::Amend(change))
        .then_expect_error(PrescriptionRefusal::InStatus(PrescriptionStatus::Stopped));
}

#[test]
fn an_active_prescription_is_held_and_resumed() {
    given(&[issued()])
        .when(PrescriptionCommand::Hold(reason()))
        .then_expect_events(vec![held()]);
    given(&[issued(), held()])
        .when(PrescriptionCommand::Resume)
        .then_expect_events(vec![resumed()]);
    given(&[drafted()])
        .when(PrescriptionCommand::Hold(reason()))
        .then_expect_error(PrescriptionRefusal::InStatus(PrescriptionStatus::Draft));
}

#[test]
fn an_active_or_held_prescription_can_be_completed_or_stopped() {
    for history in [vec![issued()], vec![issued(), held()]] {
        given(&history)
            .when(PrescriptionCommand::Complete)
            .then_expect_events(vec![completed()]);
        given(&history)
            .when(PrescriptionCommand::Stop(reason()))
            .then_expect_events(vec![stopped()]);
    }
    given(&[drafted()])
        .when(PrescriptionCommand::Stop(reason()))
        .then_expect_error(PrescriptionRefusal::InStatus(PrescriptionStatus::Draft));
    given(&[issued(), stopped()])
        .when(PrescriptionCommand::Resume)
        .then_expect_error(PrescriptionRefusal::InStatus(PrescriptionStatus::Stopped));
}

#[test]
fn a_draft_or_active_prescription_can_be_cancelled() {
    for history in [vec![drafted()], vec![issued()]] {
        given(&history)
            .when(PrescriptionCommand::Cancel(reason()))
            .then_expect_events(vec![cancelled()]);
    }
    given(&[issued(), held()])
        .when(PrescriptionCommand::Cancel(reason()))
        .then_expect_error(PrescriptionRefusal::InStatus(PrescriptionStatus::OnHold));
    given(&[issued(), completed()])
        .when(PrescriptionCommand::Cancel(reason()))
        .then_expect_error(PrescriptionRefusal::InStatus(PrescriptionStatus::Completed));
}

#[test]
fn approving_a_refill_leaves_one_fewer() {
    given(&[issued()])
        .when(request(REQUEST))
        .then_expect_events(vec![requested(REQUEST)]);
    given(&[issued(), requested(REQUEST)])
        .when(approve(REQUEST))
        .then_expect_events(vec![approved(REQUEST, 0)]);
}

#[test]
fn remaining_refills_are_never_negative() {
    given(&[issued(), requested(REQUEST), approved(REQUEST, 0)])
        .when(request(ANOTHER_REQUEST))
        .then_expect_error(PrescriptionRefusal::NoRefillsRemaining);
    given(&[issued(), requested(REQUEST)])
        .when(request(ANOTHER_REQUEST))
        .then_expect_error(PrescriptionRefusal::NoRefillsRemaining);
    let none_left = PrescriptionEvent::Amended(Directions {
        refills_remaining: Refills::NONE,
        ..directions()
    });
    given(&[issued(), requested(REQUEST), none_left])
        .when(approve(REQUEST))
        .then_expect_error(PrescriptionRefusal::NoRefillsRemaining);
}

#[test]
fn denying_a_refill_makes_room_for_another_request() {
    given(&[issued(), requested(REQUEST)])
        .when(deny(REQUEST))
        .then_expect_events(vec![denied(REQUEST)]);
    given(&[issued(), requested(REQUEST), denied(REQUEST)])
        .when(request(ANOTHER_REQUEST))
        .then_expect_events(vec![requested(ANOTHER_REQUEST)]);
}

#[test]
fn a_refill_request_is_decided_once() {
    let after_approval = || given(&[issued(), requested(REQUEST), approved(REQUEST, 0)]);
    let after_denial = || given(&[issued(), requested(REQUEST), denied(REQUEST)]);
    after_approval().when(approve(REQUEST)).then_expect_events(vec![]);
    after_denial().when(deny(REQUEST)).then_expect_events(vec![]);
    after_approval().when(request(REQUEST)).then_expect_events(vec![]);
    after_approval()
        .when(deny(REQUEST))
        .then_expect_error(PrescriptionRefusal::RefillDecided);
    after_denial()
        .when(approve(REQUEST))
        .then_expect_error(PrescriptionRefusal::RefillDecided);
    given(&[issued()])
        .when(approve(REQUEST))
        .then_expect_error(PrescriptionRefusal::UnknownRefillRequest);
}

#[test]
fn a_denied_refill_request_keeps_its_reason() {
    let because = |text: &str| Some(Reason::parse(text).expect("a reason"));
    let denied_for = |reason| {
        PrescriptionEvent::RefillDenied(RefillDenied {
            request_id: REQUEST,
            reason,
        })
    };
    let deny_for = |reason| PrescriptionCommand::DenyRefill {
        request_id: REQUEST,
        reason,
    };
    for same in [None, because("Too early")] {
        given(&[issued(), requested(REQUEST), denied_for(because("Too early"))])
            .when(deny_for(same))
            .then_expect_events(vec![]);
    }
    for first in [None, because("Too early")] {
        given(&[issued(), requested(REQUEST), denied_for(first)])
            .when(deny_for(because("See the doctor first")))
            .then_expect_error(PrescriptionRefusal::RefillDecided);
    }
}

#[test]
fn refuses_refills_of_held_or_ended_prescriptions() {
    given(&[issued(), held()])
        .when(request(REQUEST))
        .then_expect_error(PrescriptionRefusal::InStatus(PrescriptionStatus::OnHold));
    given(&[issued(), requested(REQUEST), stopped()])
        .when(approve(REQUEST))
        .then_expect_error(PrescriptionRefusal::InStatus(PrescriptionStatus::Stopped));
}

#[test]
fn repeating_a_command_changes_nothing() {
    let repeated = [
        (vec![issued(), held()], PrescriptionCommand::Hold(reason())),
        (vec![issued(), held(), resumed()], PrescriptionCommand::Resume),
        (vec![issued(), completed()], PrescriptionCommand::Complete),
        (
            vec![issued(), stopped()],
            PrescriptionCommand::Stop(StatusReason::default()),
        ),
        (vec![drafted(), cancelled()], PrescriptionCommand::Cancel(reason())),
    ];
    for (history, command) in repeated {
        given(&history).when(command).then_expect_events(vec![]);
    }
}

#[test]
fn a_prescription_claims_its_appointment_while_it_is_live() {
    for live in [vec![drafted()], vec![issued()], vec![issued(), held()]] {
        assert_eq!(prescription(&live).claims(), Some(APPOINTMENT));
    }
    for end in [completed(), stopped(), cancelled()] {
        assert_eq!(prescription(&[issued(), end]).claims(), None);
    }
}
