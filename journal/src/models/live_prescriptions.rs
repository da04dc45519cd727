//! The live-prescriptions model: which live prescriptions an appointment has.

use domain::live_prescriptions::ClaimChange;
use event_store::{Changes, DecisionModel, RecordedEvent};
use serde::Deserialize;
use uuid::Uuid;

use super::{Entries, Target, aggregate_id, fields, id_at, key};

/// The key prefix of a claim. The ids of the appointment and the prescription follow.
const CLAIM: u8 = b'c';
/// The key prefix of a prescription's entry, whose value is the claimed appointment.
const PRESCRIPTION: u8 = b'p';

/// The decision model.
#[derive(Debug)]
pub(crate) struct LivePrescriptions;

impl DecisionModel for LivePrescriptions {
    fn name(&self) -> &'static str {
        "live-prescriptions-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String> {
        match aggregate_id(event, "prescription")? {
            Some(id) => fold(id, &event.event_type, &event.data, changes),
            None => Ok(()),
        }
    }
}

/// The live prescriptions of an appointment, by id.
pub(crate) fn live_prescriptions<E: Entries>(entries: &E, appointment_id: Uuid) -> Result<Vec<Uuid>, E::Error> {
    let from = key(CLAIM, &[appointment_id.as_bytes()]);
    let to = key(CLAIM, &[appointment_id.as_bytes(), &[u8::MAX; 17]]);
    let found = entries.range(&from, &to)?;
    Ok(found.iter().filter_map(|(key, _)| id_at(key, 17)).collect())
}

fn fold(id: Uuid, event_type: &str, body: &[u8], entries: &mut impl Target) -> Result<(), String> {
    let after = match change(event_type, body)? {
        ClaimChange::Claims { appointment_id } => Some(appointment_id),
        ClaimChange::Releases => None,
        ClaimChange::Nothing => return Ok(()),
    };
    let of_prescription = key(PRESCRIPTION, &[id.as_bytes()]);
    if let Some(before) = entries.get(&of_prescription) {
        entries.remove(&key(CLAIM, &[&before, id.as_bytes()]));
        entries.remove(&of_prescription);
    }
    if let Some(appointment_id) = after {
        entries.put(&key(CLAIM, &[appointment_id.as_bytes(), id.as_bytes()]), Vec::new());
        entries.put(&of_prescription, appointment_id.as_bytes().to_vec());
    }
    Ok(())
}

/// The change that an event makes to its prescription's claim.
fn change(event_type: &str, body: &[u8]) -> Result<ClaimChange, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Prescribed {
        appointment_id: Option<Uuid>,
    }
    Ok(match event_type {
        "prescription.drafted" | "prescription.issued" => match fields(body)? {
            Prescribed {
                appointment_id: Some(appointment_id),
            } => ClaimChange::Claims { appointment_id },
            Prescribed { appointment_id: None } => ClaimChange::Nothing,
        },
        "prescription.completed" | "prescription.stopped" | "prescription.cancelled" => ClaimChange::Releases,
        _ => ClaimChange::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arbtest::arbitrary::{self, Unstructured};
    use domain::{
        Bare,
        prescription::{
            Directions, Prescribed, PrescriptionEvent, RefillApproved, RefillDenied, RefillRequested, StatusReason,
        },
        values::{Dosage, Instructions, Medicine, MedicineName, Medicines, Notes, Reason, Refills, TreatmentDuration},
    };
    use events::Event;

    use super::*;
    use crate::models::testing::{Memory, published, samples};

    const VISIT: Uuid = Uuid::from_u128(1);
    const FIRST: Uuid = Uuid::from_u128(2);
    const OTHER: Uuid = Uuid::from_u128(3);

    fn directions() -> Directions {
        let medicines = Medicines::parse(vec![Medicine {
            name: MedicineName::parse("Paracetamol").expect("a name"),
            dosage: Dosage::parse("500 mg").expect("a dosage"),
            duration: TreatmentDuration::parse("3 days").expect("a duration"),
            instructions: Instructions::parse("after meals").expect("instructions"),
            rx_norm_code: None,
        }]);
        Directions {
            medicines: medicines.expect("medicines").into(),
            refills_remaining: Refills::NONE,
            notes: Notes::parse("With care").ok(),
        }
    }

    fn prescribed(appointment_id: Option<Uuid>) -> Prescribed {
        Prescribed {
            patient_id: Uuid::from_u128(4),
            practitioner_id: Uuid::from_u128(5),
            appointment_id,
            prior_prescription_id: None,
            directions: directions(),
        }
    }

    fn happen(entries: &mut Memory, id: Uuid, event: &PrescriptionEvent) {
        let (event_type, body) = published(event);
        fold(id, event_type, &body, entries).expect("folded");
    }

    fn live(entries: &Memory, appointment_id: Uuid) -> Vec<Uuid> {
        let Ok(live) = live_prescriptions(entries, appointment_id);
        live
    }

    #[test]
    fn a_prescription_is_live_until_it_ends_whatever_others_do() {
        let mut entries = Memory::default();
        let issued = PrescriptionEvent::Issued(prescribed(Some(VISIT)));
        happen(&mut entries, FIRST, &issued);
        happen(&mut entries, FIRST, &PrescriptionEvent::Held(StatusReason::default()));
        assert_eq!(live(&entries, VISIT), [FIRST]);
        for other in [OTHER, Uuid::nil()] {
            happen(&mut entries, other, &issued);
            assert_eq!(live(&entries, VISIT), [FIRST.min(other), FIRST.max(other)]);
            happen(&mut entries, other, &PrescriptionEvent::Completed(Bare {}));
            assert_eq!(live(&entries, VISIT), [FIRST]);
        }
        happen(
            &mut entries,
            FIRST,
            &PrescriptionEvent::Stopped(StatusReason::default()),
        );
        assert!(live(&entries, VISIT).is_empty());
        assert_eq!(entries, Memory::default(), "nothing is left behind");
    }

    #[test]
    fn a_drafted_and_issued_prescription_ends_once() {
        let mut entries = Memory::default();
        happen(
            &mut entries,
            FIRST,
            &PrescriptionEvent::Drafted(prescribed(Some(VISIT))),
        );
        assert_eq!(live(&entries, VISIT), [FIRST]);
        happen(&mut entries, FIRST, &PrescriptionEvent::Issued(prescribed(Some(VISIT))));
        assert_eq!(live(&entries, VISIT), [FIRST]);
        happen(
            &mut entries,
            FIRST,
            &PrescriptionEvent::Cancelled(StatusReason::default()),
        );
        assert_eq!(entries, Memory::default());
    }

    #[test]
    fn every_version_of_every_event_agrees_with_the_domain() {
        let mut seen = 0;
        for (event_type, body, event) in samples() {
            let told = change(&event_type, &body);
            let Event::Prescription(event) = event else {
                assert_eq!(told, Ok(ClaimChange::Nothing), "{event_type}");
                continue;
            };
            assert_eq!(told, Ok(ClaimChange::from(&event)), "{event_type}");
            seen += 1;
        }
        assert!(seen >= 11, "only {seen} events of prescriptions");
    }

    fn arbitrary_event(u: &mut Unstructured<'_>) -> arbitrary::Result<PrescriptionEvent> {
        let request_id = Uuid::nil();
        let reason = StatusReason {
            reason_code: None,
            reason_text: Reason::parse("A rash").ok(),
        };
        let appointment = [None, Some(VISIT), Some(Uuid::from_u128(6))];
        Ok(match u.int_in_range(0..=12)? {
            0 | 1 => PrescriptionEvent::Drafted(prescribed(*u.choose(&appointment)?)),
            2 | 3 => PrescriptionEvent::Issued(prescribed(*u.choose(&appointment)?)),
            4 => PrescriptionEvent::Amended(directions()),
            5 => PrescriptionEvent::Held(reason),
            6 => PrescriptionEvent::Resumed(Bare {}),
            7 => PrescriptionEvent::RefillRequested(RefillRequested { request_id }),
            8 => PrescriptionEvent::RefillApproved(RefillApproved {
                request_id,
                refills_remaining: Refills::NONE,
            }),
            9 => PrescriptionEvent::RefillDenied(RefillDenied {
                request_id,
                reason: None,
            }),
            10 => PrescriptionEvent::Completed(Bare {}),
            11 => PrescriptionEvent::Stopped(reason),
            _ => PrescriptionEvent::Cancelled(reason),
        })
    }

    /// Events come in any order, including orders that no decision produces.
    #[test]
    fn the_model_agrees_with_the_claims() {
        arbtest::arbtest(|u| {
            let mut entries = Memory::default();
            let mut claims: BTreeMap<Uuid, Uuid> = BTreeMap::new();
            for _ in 0..u.int_in_range(0..=30)? {
                let (id, event) = (Uuid::from_u128(u.int_in_range(10..=12)?), arbitrary_event(u)?);
                happen(&mut entries, id, &event);
                let after = ClaimChange::from(&event).after(claims.get(&id).copied());
                claims.remove(&id);
                claims.extend(after.map(|appointment_id| (id, appointment_id)));
                for appointment_id in [VISIT, Uuid::from_u128(6)] {
                    let claiming = claims.iter().filter(|(_, claimed)| **claimed == appointment_id);
                    let claiming: Vec<Uuid> = claiming.map(|(id, _)| *id).collect();
                    assert_eq!(live(&entries, appointment_id), claiming);
                }
                assert_eq!(entries.len(), 2 * claims.len(), "nothing is left behind");
            }
            Ok(())
        });
    }
}
