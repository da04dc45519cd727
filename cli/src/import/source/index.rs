//! An index for references that do not contain an id: by identifier, or by the UUID of a Bundle's entry.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use uuid::Uuid;

use super::file::Found;
use crate::import::{
    RESOURCE_TYPES,
    fhir::{CodeableConcept, Reference, local_id},
};

/// The capacity for identifiers and UUIDs, at about 48 bytes each.
const MAX_KEPT: usize = 2_000_000;
/// The capacity for medications.
const MAX_MEDICATIONS: usize = 100_000;

/// A resource type that is not imported itself: medication requests refer to it for the name of the medicine.
pub(super) const MEDICATION: &str = "Medication";

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

    pub(super) fn add_medication(&mut self, found: &Found<'_>) {
        #[derive(Deserialize)]
        struct Medication {
            code: Option<CodeableConcept>,
        }
        let medication = found
            .text()
            .and_then(|text| serde_json::from_str::<Medication>(text).ok());
        if let (Some(code), Some(id)) = (medication.and_then(|medication| medication.code), found.id())
            && self.medications.len() < MAX_MEDICATIONS
        {
            self.medications.insert(local_id(MEDICATION, id), code);
        }
    }

    pub(super) fn add_alias(&mut self, kind: &str, found: &Found<'_>) {
        if let (Some(uuid), Some(id)) = (found.uuid(), found.id())
            && uuid != id
        {
            self.keep(digest(&[kind, "uuid", uuid]), local_id(kind, id));
        }
    }

    pub(super) fn add_identifiers(&mut self, kind: &str, found: &Found<'_>) {
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
        let identified = found
            .text()
            .and_then(|text| serde_json::from_str::<Identified>(text).ok());
        let Some((identified, id)) = identified.zip(found.id()) else {
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

/// The references of a resource.
#[derive(Debug, Deserialize)]
pub(super) struct Mentions {
    subject: Option<Reference>,
    requester: Option<Reference>,
    encounter: Option<Reference>,
    #[serde(default)]
    participant: Vec<Participant>,
    #[serde(default)]
    contained: Vec<Contained>,
}

#[derive(Debug, Deserialize)]
struct Participant {
    individual: Option<Reference>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contained {
    #[serde(default)]
    resource_type: String,
}

impl Mentions {
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The resource types that it refers to by identifier.
    pub(super) fn by_identifier(&self) -> BTreeSet<&'static str> {
        let individuals = self
            .participant
            .iter()
            .map(|participant| (&participant.individual, "Practitioner"));
        let all = [
            (&self.subject, "Patient"),
            (&self.requester, "Practitioner"),
            (&self.encounter, "Encounter"),
        ];
        let named = all.into_iter().chain(individuals).filter_map(|(reference, kind)| {
            let reference = reference.as_ref()?;
            reference.by_identifier(kind)
        });
        // A contained resource can have the identifier of an imported one.
        let contained = self
            .contained
            .iter()
            .filter_map(|contained| RESOURCE_TYPES.into_iter().find(|kind| *kind == contained.resource_type));
        named.chain(contained).collect()
    }
}
