//! The references in a resource, read before the resource itself.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{reference::Reference, resource::RESOURCE_TYPES};

/// The references of a resource.
#[derive(Debug, Deserialize)]
pub(in crate::import) struct Mentions {
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
    pub(in crate::import) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The resource types that it refers to by identifier.
    pub(in crate::import) fn by_identifier(&self) -> BTreeSet<&'static str> {
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
