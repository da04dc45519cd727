//! Who holds which e-mail address, by its hash.

use domain::values::EmailHash;
use event_store::{Changes, DecisionModel, RecordedEvent};
use serde::Deserialize;
use uuid::Uuid;

use super::{Entries, Target, fields, id_at};

/// What the entry of a hash begins with, and that of a patient.
const HASH: u8 = b'h';
const PATIENT: u8 = b'p';

/// The model.
#[derive(Debug)]
pub(crate) struct Emails;

impl DecisionModel for Emails {
    fn name(&self) -> &'static str {
        "emails-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) {
        if event.aggregate_type == "patient"
            && let Ok(id) = event.aggregate_id.parse()
        {
            fold(id, &event.event_type, &event.data, changes);
        }
    }
}

/// Who holds an address.
pub(crate) fn email_holder<E: Entries>(entries: &E, hash: &EmailHash) -> Result<Option<Uuid>, E::Error> {
    let holder = entries.get(&key(HASH, hash.as_bytes()))?;
    Ok(holder.and_then(|holder| id_at(&holder, 0)))
}

fn fold(id: Uuid, event_type: &str, body: &[u8], entries: &mut impl Target) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Recorded {
        email_hash: Option<EmailHash>,
    }
    let after = match event_type {
        "patient.registered" | "patient.demographics-changed" => match fields::<Recorded>(body) {
            Some(recorded) => recorded.email_hash,
            None => return,
        },
        "patient.erased" => None,
        _ => return,
    };
    let of_patient = key(PATIENT, id.as_bytes());
    if let Some(before) = entries.get(&of_patient) {
        entries.remove(&key(HASH, &before));
        entries.remove(&of_patient);
    }
    if let Some(hash) = after {
        entries.put(&key(HASH, hash.as_bytes()), id.as_bytes().to_vec());
        entries.put(&of_patient, hash.as_bytes().to_vec());
    }
}

fn key(kind: u8, rest: &[u8]) -> Vec<u8> {
    [&[kind], rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::testing::Memory;

    const ADA: Uuid = Uuid::from_u128(1);

    #[test]
    fn an_address_is_held_until_another_one_is_or_the_patient_is_erased() {
        let (one, other) = (EmailHash::new([1; 32]), EmailHash::new([2; 32]));
        let recorded =
            |hash: Option<EmailHash>| serde_json::json!({ "name": "c2VhbGVk", "emailHash": hash }).to_string();
        let mut entries = Memory::default();
        let holder = |entries: &Memory, hash| {
            let Ok(holder) = email_holder(entries, hash);
            holder
        };
        fold(ADA, "patient.registered", recorded(Some(one)).as_bytes(), &mut entries);
        fold(ADA, "patient.deactivated", b"{}", &mut entries);
        assert_eq!(holder(&entries, &one), Some(ADA));
        fold(
            ADA,
            "patient.demographics-changed",
            recorded(Some(other)).as_bytes(),
            &mut entries,
        );
        assert_eq!((holder(&entries, &one), holder(&entries, &other)), (None, Some(ADA)));
        fold(
            ADA,
            "patient.demographics-changed",
            recorded(None).as_bytes(),
            &mut entries,
        );
        assert_eq!(holder(&entries, &other), None);
        fold(
            ADA,
            "patient.demographics-changed",
            recorded(Some(one)).as_bytes(),
            &mut entries,
        );
        fold(ADA, "patient.erased", b"{}", &mut entries);
        assert_eq!(holder(&entries, &one), None);
    }
}
