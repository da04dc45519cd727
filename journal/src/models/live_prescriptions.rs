//! Which live prescription stands against an appointment.

use event_store::{Changes, DecisionModel, RecordedEvent};
use serde::Deserialize;
use uuid::Uuid;

use super::{Entries, Target, fields, id_at};

/// What the entry of a claim begins with, behind which stand appointment and prescription; and that of a prescription.
const CLAIM: u8 = b'c';
const PRESCRIPTION: u8 = b'p';

/// The model.
#[derive(Debug)]
pub(crate) struct LivePrescriptions;

impl DecisionModel for LivePrescriptions {
    fn name(&self) -> &'static str {
        "live-prescriptions-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) {
        if event.aggregate_type == "prescription"
            && let Ok(id) = event.aggregate_id.parse()
        {
            fold(id, &event.event_type, &event.data, changes);
        }
    }
}

/// The live prescription that stands against an appointment.
pub(crate) fn live_prescription<E: Entries>(entries: &E, appointment_id: Uuid) -> Result<Option<Uuid>, E::Error> {
    let from = key(CLAIM, &[appointment_id.as_bytes()]);
    let to = key(CLAIM, &[appointment_id.as_bytes(), &[u8::MAX; 17]]);
    let found = entries.range(&from, &to)?;
    Ok(found.first().and_then(|(key, _)| id_at(key, 17)))
}

fn fold(id: Uuid, event_type: &str, body: &[u8], entries: &mut impl Target) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Prescribed {
        appointment_id: Option<Uuid>,
    }
    let of_prescription = key(PRESCRIPTION, &[id.as_bytes()]);
    match event_type {
        "prescription.drafted" | "prescription.issued" => {
            if let Some(appointment_id) = fields::<Prescribed>(body).and_then(|prescribed| prescribed.appointment_id) {
                entries.put(&key(CLAIM, &[appointment_id.as_bytes(), id.as_bytes()]), Vec::new());
                entries.put(&of_prescription, appointment_id.as_bytes().to_vec());
            }
        }
        "prescription.completed" | "prescription.stopped" | "prescription.cancelled" => {
            if let Some(appointment_id) = entries.get(&of_prescription) {
                entries.remove(&key(CLAIM, &[&appointment_id, id.as_bytes()]));
                entries.remove(&of_prescription);
            }
        }
        _ => {}
    }
}

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::testing::Memory;

    const VISIT: Uuid = Uuid::from_u128(1);
    const FIRST: Uuid = Uuid::from_u128(2);
    const PAST: Uuid = Uuid::from_u128(3);

    #[test]
    fn one_stands_until_it_ends_whatever_history_is_recorded_beside_it() {
        let mut entries = Memory::default();
        let prescribed = serde_json::json!({ "appointmentId": VISIT, "notes": "c2VhbGVk" }).to_string();
        let live = |entries: &Memory| {
            let Ok(live) = live_prescription(entries, VISIT);
            live
        };
        fold(FIRST, "prescription.issued", prescribed.as_bytes(), &mut entries);
        fold(FIRST, "prescription.held", b"{}", &mut entries);
        assert_eq!(live(&entries), Some(FIRST));
        fold(PAST, "prescription.issued", prescribed.as_bytes(), &mut entries);
        fold(PAST, "prescription.completed", b"{}", &mut entries);
        assert_eq!(live(&entries), Some(FIRST));
        fold(FIRST, "prescription.stopped", b"{}", &mut entries);
        assert_eq!(live(&entries), None);
    }
}
