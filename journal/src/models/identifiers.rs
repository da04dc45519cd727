//! The identifier model: which patients hold an identifier, by its hash. It knows all identifiers of all patients, so that a
//! system can be declared unique later.

use domain::{
    unique_identifiers::IdentifiersChange,
    values::{IdentifierHash, IdentifierHashes},
};
use event_store::{Changes, DecisionModel, RecordedEvent};
use serde::Deserialize;
use uuid::Uuid;

use super::{Entries, Target, aggregate_id, fields, id_at, key};

/// The key prefix of an entry for a hash and one of its holders.
const HOLDER: u8 = b'h';
/// The key prefix of a patient's entry, whose value is the hashes of their identifiers.
const PATIENT: u8 = b'p';

const HASH_BYTES: usize = IdentifierHash::BYTES;

/// The decision model.
#[derive(Debug)]
pub(crate) struct Identifiers;

impl DecisionModel for Identifiers {
    fn name(&self) -> &'static str {
        "identifiers-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String> {
        match aggregate_id(event, "patient")? {
            Some(id) => fold(id, &event.event_type, &event.data, changes),
            None => Ok(()),
        }
    }
}

/// The patients who hold an identifier.
pub(crate) fn identifier_holders<E: Entries>(entries: &E, hash: &IdentifierHash) -> Result<Vec<Uuid>, E::Error> {
    let from = key(HOLDER, &[hash.as_bytes()]);
    // Behind the largest id.
    let to = key(HOLDER, &[hash.as_bytes(), &[u8::MAX; 17]]);
    let found = entries.range(&from, &to)?;
    Ok(found.iter().filter_map(|(key, _)| id_at(key, 1 + HASH_BYTES)).collect())
}

fn fold(id: Uuid, event_type: &str, body: &[u8], entries: &mut impl Target) -> Result<(), String> {
    let IdentifiersChange::Holds(after) = change(event_type, body)? else {
        return Ok(());
    };
    let of_patient = key(PATIENT, &[id.as_bytes()]);
    let before = entries.get(&of_patient).unwrap_or_default();
    let after: Vec<u8> = after.as_slice().iter().flat_map(|hash| *hash.as_bytes()).collect();
    if before == after {
        return Ok(());
    }
    for hash in before.chunks_exact(HASH_BYTES) {
        entries.remove(&key(HOLDER, &[hash, id.as_bytes()]));
    }
    for hash in after.chunks_exact(HASH_BYTES) {
        entries.put(&key(HOLDER, &[hash, id.as_bytes()]), Vec::new());
    }
    match after.is_empty() {
        true => entries.remove(&of_patient),
        false => entries.put(&of_patient, after),
    }
    Ok(())
}

/// The change that an event makes to its patient's identifiers.
fn change(event_type: &str, body: &[u8]) -> Result<IdentifiersChange, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Recorded {
        #[serde(default)]
        identifier_hashes: IdentifierHashes,
    }
    Ok(match event_type {
        "patient.registered" | "patient.demographics-changed" => {
            let Recorded { identifier_hashes } = fields(body)?;
            IdentifiersChange::Holds(identifier_hashes)
        }
        "patient.erased" => IdentifiersChange::Holds(IdentifierHashes::default()),
        _ => IdentifiersChange::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use arbtest::arbitrary::{self, Unstructured};
    use domain::{
        Bare,
        patient::{Demographics, PatientEvent, RecordedDemographics},
        values::{Identifiers as Held, Name, Personal},
    };
    use events::Event;

    use super::*;
    use crate::models::testing::{Memory, published, samples};

    const ADA: Uuid = Uuid::from_u128(1);
    const EVE: Uuid = Uuid::from_u128(u128::MAX);

    fn hash(number: u8) -> IdentifierHash {
        IdentifierHash::new([number; HASH_BYTES])
    }

    fn recorded(numbers: &[u8]) -> RecordedDemographics {
        let demographics = Demographics {
            name: Name::parse("Ada Ruiz").expect("a name").into(),
            date_of_birth: Personal::Erased,
            email: None,
            phone: None,
            address: None,
            gender: None,
            identifiers: Held::default(),
        };
        RecordedDemographics {
            demographics,
            email_hash: None,
            identifier_hashes: numbers.iter().map(|number| hash(*number)).collect(),
        }
    }

    fn happen(entries: &mut Memory, id: Uuid, event: &PatientEvent) {
        let (event_type, body) = published(event);
        fold(id, event_type, &body, entries).expect("folded");
    }

    fn holders(entries: &Memory, number: u8) -> Vec<Uuid> {
        let Ok(holders) = identifier_holders(entries, &hash(number));
        holders
    }

    #[test]
    fn an_identifier_is_held_until_it_changes_or_the_patient_is_erased() {
        let mut entries = Memory::default();
        happen(&mut entries, ADA, &PatientEvent::Registered(recorded(&[1, 2])));
        happen(&mut entries, EVE, &PatientEvent::Registered(recorded(&[2, 255])));
        happen(&mut entries, ADA, &PatientEvent::Deactivated(Bare {}));
        assert_eq!(
            (holders(&entries, 1), holders(&entries, 2)),
            (vec![ADA], vec![ADA, EVE])
        );
        happen(&mut entries, ADA, &PatientEvent::DemographicsChanged(recorded(&[3])));
        assert_eq!((holders(&entries, 1), holders(&entries, 2)), (vec![], vec![EVE]));
        assert_eq!((holders(&entries, 3), holders(&entries, 255)), (vec![ADA], vec![EVE]));
        happen(&mut entries, ADA, &PatientEvent::Erased(Bare {}));
        happen(&mut entries, EVE, &PatientEvent::Erased(Bare {}));
        assert_eq!(entries, Memory::default(), "nothing is left behind");
    }

    #[test]
    fn every_version_of_every_event_agrees_with_the_domain() {
        let mut seen = 0;
        for (event_type, body, event) in samples() {
            let found = change(&event_type, &body);
            let Event::Patient(event) = event else {
                assert_eq!(found, Ok(IdentifiersChange::Nothing), "{event_type}");
                continue;
            };
            assert_eq!(found, Ok(IdentifiersChange::from(&event)), "{event_type}");
            seen += 1;
        }
        assert!(seen >= 5, "only {seen} events of patients");
        for event in [PatientEvent::Registered, PatientEvent::DemographicsChanged] {
            let event = event(recorded(&[7, 8]));
            let (event_type, body) = published(&event);
            let holds = IdentifiersChange::Holds([hash(7), hash(8)].into_iter().collect());
            assert_eq!(change(event_type, &body), Ok(holds));
        }
    }

    fn arbitrary_event(u: &mut Unstructured<'_>) -> arbitrary::Result<PatientEvent> {
        let numbers: BTreeSet<u8> = (0..u.int_in_range(0..=3)?)
            .map(|_| u.int_in_range(1..=4))
            .collect::<arbitrary::Result<_>>()?;
        let numbers: Vec<u8> = numbers.into_iter().collect();
        Ok(match u.int_in_range(0..=5)? {
            0 | 1 => PatientEvent::Registered(recorded(&numbers)),
            2 | 3 => PatientEvent::DemographicsChanged(recorded(&numbers)),
            4 => PatientEvent::Deactivated(Bare {}),
            _ => PatientEvent::Erased(Bare {}),
        })
    }

    #[test]
    fn the_model_agrees_with_the_holders() {
        arbtest::arbtest(|u| {
            let mut entries = Memory::default();
            let mut held: BTreeMap<Uuid, IdentifierHashes> = BTreeMap::new();
            for _ in 0..u.int_in_range(0..=30)? {
                let (id, event) = (Uuid::from_u128(u.int_in_range(1..=3)?), arbitrary_event(u)?);
                happen(&mut entries, id, &event);
                if let IdentifiersChange::Holds(after) = IdentifiersChange::from(&event) {
                    held.insert(id, after);
                }
                for number in 1..=4 {
                    let holds = held
                        .iter()
                        .filter(|(_, hashes)| hashes.as_slice().contains(&hash(number)));
                    assert_eq!(holders(&entries, number), holds.map(|(id, _)| *id).collect::<Vec<_>>());
                }
            }
            Ok(())
        });
    }
}
