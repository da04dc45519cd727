//! The e-mail model: which patient holds an address, by its hash.

use domain::{email_addresses::EmailChange, values::EmailHash};
use event_store::{Changes, DecisionModel, RecordedEvent};
use serde::Deserialize;
use uuid::Uuid;

use super::{Entries, Target, aggregate_id, fields, id_at, key};

/// The key prefix of a hash's entry, whose value is the holder of the address.
const HASH: u8 = b'h';
/// The key prefix of a patient's entry, whose value is the hash of their address.
const PATIENT: u8 = b'p';

/// The decision model.
#[derive(Debug)]
pub(crate) struct Emails;

impl DecisionModel for Emails {
    fn name(&self) -> &'static str {
        "emails-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String> {
        match aggregate_id(event, "patient")? {
            Some(id) => fold(id, &event.event_type, &event.data, changes),
            None => Ok(()),
        }
    }
}

/// The patient who holds an address.
pub(crate) fn email_holder<E: Entries>(entries: &E, hash: &EmailHash) -> Result<Option<Uuid>, E::Error> {
    let holder = entries.get(&key(HASH, &[hash.as_bytes()]))?;
    Ok(holder.and_then(|holder| id_at(&holder, 0)))
}

fn fold(id: Uuid, event_type: &str, body: &[u8], entries: &mut impl Target) -> Result<(), String> {
    let after = match change(event_type, body)? {
        EmailChange::Holds(hash) => Some(hash),
        EmailChange::HoldsNone => None,
        EmailChange::Nothing => return Ok(()),
    };
    let of_patient = key(PATIENT, &[id.as_bytes()]);
    let before = entries.get(&of_patient);
    let unchanged = before.as_deref() == after.as_ref().map(|hash| hash.as_bytes().as_slice());
    if let Some(before) = before.filter(|_| !unchanged) {
        let of_hash = key(HASH, &[&before]);
        // A patient does not free an address that another patient holds.
        if entries.get(&of_hash).is_some_and(|holder| holder == id.as_bytes()) {
            entries.remove(&of_hash);
        }
        entries.remove(&of_patient);
    }
    if let Some(hash) = after.filter(|_| !unchanged) {
        entries.put(&key(HASH, &[hash.as_bytes()]), id.as_bytes().to_vec());
        entries.put(&of_patient, hash.as_bytes().to_vec());
    }
    Ok(())
}

/// The change that an event makes to its patient's address.
fn change(event_type: &str, body: &[u8]) -> Result<EmailChange, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Recorded {
        email_hash: Option<EmailHash>,
    }
    Ok(match event_type {
        "patient.registered" | "patient.demographics-changed" => {
            let Recorded { email_hash } = fields(body)?;
            email_hash.map_or(EmailChange::HoldsNone, EmailChange::Holds)
        }
        "patient.erased" => EmailChange::HoldsNone,
        _ => EmailChange::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arbtest::arbitrary::{self, Unstructured};
    use domain::{
        Bare,
        patient::{Demographics, PatientEvent, RecordedDemographics},
        values::{Email, IdentifierHashes, Identifiers, Name, Personal},
    };
    use events::Event;

    use super::*;
    use crate::models::testing::{Memory, published, samples};

    const ADA: Uuid = Uuid::from_u128(1);
    const EVE: Uuid = Uuid::from_u128(2);

    fn hash(number: u8) -> EmailHash {
        EmailHash::new([number; 32])
    }

    fn recorded(hash: Option<EmailHash>) -> RecordedDemographics {
        let demographics = Demographics {
            name: Name::parse("Ada Ruiz").expect("a name").into(),
            date_of_birth: Personal::Erased,
            email: hash.and_then(|_| Email::parse("ada@example.org").ok()),
            phone: None,
            address: None,
            gender: None,
            identifiers: Identifiers::default(),
        };
        RecordedDemographics {
            demographics,
            email_hash: hash,
            identifier_hashes: IdentifierHashes::default(),
        }
    }

    fn happen(entries: &mut Memory, id: Uuid, event: &PatientEvent) {
        let (event_type, body) = published(event);
        fold(id, event_type, &body, entries).expect("folded");
    }

    fn holder(entries: &Memory, number: u8) -> Option<Uuid> {
        let Ok(holder) = email_holder(entries, &hash(number));
        holder
    }

    #[test]
    fn an_address_is_held_until_it_changes_or_the_patient_is_erased() {
        let mut entries = Memory::default();
        let registered = PatientEvent::Registered(recorded(Some(hash(1))));
        let changed = |hash| PatientEvent::DemographicsChanged(recorded(hash));
        happen(&mut entries, ADA, &registered);
        happen(&mut entries, ADA, &PatientEvent::Deactivated(Bare {}));
        assert_eq!(holder(&entries, 1), Some(ADA));
        happen(&mut entries, ADA, &changed(Some(hash(1))));
        assert_eq!(holder(&entries, 1), Some(ADA));
        happen(&mut entries, ADA, &changed(Some(hash(2))));
        assert_eq!((holder(&entries, 1), holder(&entries, 2)), (None, Some(ADA)));
        happen(&mut entries, ADA, &changed(None));
        assert_eq!(holder(&entries, 2), None);
        happen(&mut entries, ADA, &changed(Some(hash(1))));
        happen(&mut entries, ADA, &PatientEvent::Erased(Bare {}));
        assert_eq!(holder(&entries, 1), None);
        assert_eq!(entries, Memory::default(), "nothing is left behind");
    }

    #[test]
    fn no_patient_frees_the_address_of_another() {
        let mut entries = Memory::default();
        let registered = PatientEvent::Registered(recorded(Some(hash(1))));
        happen(&mut entries, EVE, &registered);
        happen(&mut entries, ADA, &registered);
        happen(&mut entries, EVE, &PatientEvent::Erased(Bare {}));
        assert_eq!(holder(&entries, 1), Some(ADA));
    }

    #[test]
    fn every_version_of_every_event_agrees_with_the_domain() {
        let mut seen = 0;
        for (event_type, body, event) in samples() {
            let told = change(&event_type, &body);
            let Event::Patient(event) = event else {
                assert_eq!(told, Ok(EmailChange::Nothing), "{event_type}");
                continue;
            };
            assert_eq!(told, Ok(EmailChange::from(&event)), "{event_type}");
            seen += 1;
        }
        assert!(seen >= 5, "only {seen} events of patients");
        for event in [PatientEvent::Registered, PatientEvent::DemographicsChanged] {
            let event = event(recorded(Some(hash(7))));
            let (event_type, body) = published(&event);
            assert_eq!(change(event_type, &body), Ok(EmailChange::Holds(hash(7))));
        }
    }

    fn arbitrary_event(u: &mut Unstructured<'_>) -> arbitrary::Result<PatientEvent> {
        Ok(match u.int_in_range(0..=6)? {
            0 | 1 => PatientEvent::Registered(recorded(Some(hash(u.int_in_range(1..=4)?)))),
            2 => PatientEvent::DemographicsChanged(recorded(Some(hash(u.int_in_range(1..=4)?)))),
            3 => PatientEvent::DemographicsChanged(recorded(None)),
            4 => PatientEvent::Deactivated(Bare {}),
            5 => PatientEvent::Reactivated(Bare {}),
            _ => PatientEvent::Erased(Bare {}),
        })
    }

    /// Events come in any order, except that no patient takes an address that another one holds: no decision produces
    /// that.
    #[test]
    fn the_model_agrees_with_the_holders() {
        arbtest::arbtest(|u| {
            let mut entries = Memory::default();
            let mut held: BTreeMap<Uuid, EmailHash> = BTreeMap::new();
            for _ in 0..u.int_in_range(0..=30)? {
                let (id, event) = (Uuid::from_u128(u.int_in_range(1..=3)?), arbitrary_event(u)?);
                let after = EmailChange::from(&event).after(held.get(&id).copied());
                if held.iter().any(|(other, hash)| *other != id && after == Some(*hash)) {
                    continue;
                }
                happen(&mut entries, id, &event);
                held.remove(&id);
                held.extend(after.map(|hash| (id, hash)));
                for number in 1..=4 {
                    let holds = held.iter().find(|(_, held)| **held == hash(number));
                    assert_eq!(holder(&entries, number), holds.map(|(id, _)| *id));
                }
                assert_eq!(entries.len(), 2 * held.len(), "nothing is left behind");
            }
            Ok(())
        });
    }
}
