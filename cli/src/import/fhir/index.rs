//! An index for references that do not contain an id: by identifier, or by the UUID of a Bundle's entry.

use std::collections::HashMap;

use serde::Deserialize;
use uuid::Uuid;

use super::{elements::CodeableConcept, local_id::local_id};

/// The capacity for identifiers and UUIDs, at about 48 bytes each.
const MAX_KEPT: usize = 2_000_000;
/// The capacity for medications.
const MAX_MEDICATIONS: usize = 100_000;

/// A resource type that is not imported itself: medication requests refer to it for the name of the medicine.
pub(in crate::import) const MEDICATION: &str = "Medication";

/// An index for references that do not contain an id.
#[derive(Debug, Default)]
pub(in crate::import) struct Index {
    /// Local ids by digest of the identifier or UUID; `None` if several resources share it.
    kept: HashMap<Uuid, Option<Uuid>>,
    /// The codes of medications by local id.
    medications: HashMap<Uuid, CodeableConcept>,
}

impl Index {
    /// The local id of the only resource of a type with this identifier.
    pub(in crate::import) fn by_identifier(&self, kind: &str, system: &str, value: &str) -> Option<Uuid> {
        self.kept
            .get(&digest(&[kind, "identifier", system, value]))
            .copied()
            .flatten()
    }

    /// The local id of the resource of a type with this UUID in its Bundle.
    pub(in crate::import) fn by_uuid(&self, kind: &str, uuid: &str) -> Option<Uuid> {
        self.kept.get(&digest(&[kind, "uuid", uuid])).copied().flatten()
    }

    /// The code of a medication.
    pub(in crate::import) fn medication(&self, id: Uuid) -> Option<&CodeableConcept> {
        self.medications.get(&id)
    }

    /// Adds the code of the medication with this id.
    pub(in crate::import) fn add_medication(&mut self, id: &str, text: &str) {
        #[derive(Deserialize)]
        struct Medication {
            code: Option<CodeableConcept>,
        }
        if let Ok(Medication { code: Some(code) }) = serde_json::from_str(text)
            && self.medications.len() < MAX_MEDICATIONS
        {
            self.medications.insert(local_id(MEDICATION, id), code);
        }
    }

    /// Adds the UUID of the resource with this id.
    pub(in crate::import) fn add_alias(&mut self, kind: &str, uuid: &str, id: &str) {
        if uuid != id {
            self.keep(digest(&[kind, "uuid", uuid]), local_id(kind, id));
        }
    }

    /// Adds the identifiers of the resource with this id.
    pub(in crate::import) fn add_identifiers(&mut self, kind: &str, id: &str, text: &str) {
        #[derive(Deserialize)]
        struct Identified {
            #[serde(default)]
            identifier: Vec<Identifier>,
        }
        #[derive(Deserialize)]
        struct Identifier {
            system: Option<String>,
            value: Option<String>,
        }
        let Ok(identified) = serde_json::from_str::<Identified>(text) else {
            return;
        };
        for identifier in identified.identifier {
            if let Identifier {
                system: Some(system),
                value: Some(value),
            } = identifier
            {
                self.keep(digest(&[kind, "identifier", &system, &value]), local_id(kind, id));
            }
        }
    }

    /// An identifier that several resources share identifies none of them.
    fn keep(&mut self, key: Uuid, id: Uuid) {
        let is_full = self.kept.len() >= MAX_KEPT;
        match self.kept.get_mut(&key) {
            Some(before) => *before = before.filter(|before| *before == id),
            None if is_full => {}
            None => {
                self.kept.insert(key, Some(id));
            }
        }
    }

    #[cfg(test)]
    pub(in crate::import) fn of(identifiers: &[(&str, &str, &str, &str)]) -> Self {
        let mut index = Self::default();
        for (kind, system, value, id) in identifiers {
            index.keep(digest(&[kind, "identifier", system, value]), local_id(kind, id));
        }
        index
    }
}

fn digest(parts: &[&str]) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, parts.join("\n").as_bytes())
}
