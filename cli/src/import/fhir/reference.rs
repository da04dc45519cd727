//! Resolves references in all FHIR forms: relative, absolute, versioned, by UUID in a Bundle, contained, conditional by
//! identifier, and logical by identifier.

use std::borrow::Cow;

use serde::Deserialize;
use uuid::Uuid;

use super::{
    elements::{CodeableConcept, Identifier},
    index::Index,
    local_id::local_id,
    resource::{NotImported, refused},
};

#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::import) struct Reference {
    reference: Option<String>,
    r#type: Option<String>,
    identifier: Option<Identifier>,
    pub(super) display: Option<String>,
}

/// A contained resource.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contained {
    #[serde(default)]
    pub(super) resource_type: String,
    pub(super) id: Option<String>,
    #[serde(default)]
    identifier: Vec<Identifier>,
    /// The code of a Medication.
    pub(super) code: Option<CodeableConcept>,
}

/// The target of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A resource of the expected type.
    Known(Uuid),
    /// A resource of another type.
    OtherKind,
    /// It cannot be resolved, for this reason.
    Nowhere(&'static str),
}

impl Reference {
    /// The expected type, if the reference names a resource of it by identifier.
    pub(in crate::import) fn by_identifier(&self, kind: &'static str) -> Option<&'static str> {
        let names_it = match self.reference.as_deref() {
            Some(text) => searched(text).is_some_and(|(named, _)| named == kind),
            None => self.identifier.is_some() && self.r#type.as_deref().is_none_or(|named| named == kind),
        };
        names_it.then_some(kind)
    }

    /// Resolves the reference to a resource of the expected type.
    pub(super) fn find(&self, kind: &'static str, contained: &[Contained], index: &Index) -> Target {
        let Some(text) = self.reference.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return self.find_by_identifier(kind, index);
        };
        if let Some(id) = text.strip_prefix('#') {
            return find_contained(id, kind, contained, index);
        }
        if let Some(uuid) = text.strip_prefix("urn:uuid:") {
            // Usually the UUID is also the id of the resource.
            return Target::Known(index.by_uuid(kind, uuid).unwrap_or_else(|| local_id(kind, uuid)));
        }
        if let Some((named, query)) = searched(text) {
            return match searched_identifier(query) {
                _ if named != kind => Target::OtherKind,
                None => Target::Nowhere("does not search by one identifier with its system"),
                Some((system, value)) => by_identifier(kind, &system, &value, index),
            };
        }
        let unversioned = text.split_once("/_history/").map_or(text, |(resource, _)| resource);
        let mut parts = unversioned.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some(id), Some(named)) if named == kind && !id.is_empty() => Target::Known(local_id(kind, id)),
            (Some(_), Some(_)) => Target::OtherKind,
            _ => Target::Nowhere("is not of the form Type/id"),
        }
    }

    fn find_by_identifier(&self, kind: &'static str, index: &Index) -> Target {
        let Some(identifier) = &self.identifier else {
            return Target::Nowhere("refers to nothing");
        };
        if self.r#type.as_deref().is_some_and(|named| named != kind) {
            return Target::OtherKind;
        }
        match (&identifier.system, &identifier.value) {
            (Some(system), Some(value)) => by_identifier(kind, system, value, index),
            _ => Target::Nowhere("names an identifier without a system or a value"),
        }
    }

    /// The id of the contained resource that it refers to.
    pub(super) fn contained_id(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix('#')
    }
}

fn by_identifier(kind: &'static str, system: &str, value: &str, index: &Index) -> Target {
    match index.by_identifier(kind, system, value) {
        Some(id) => Target::Known(id),
        None => Target::Nowhere("names an identifier that no imported resource has, or more than one"),
    }
}

/// Contained resources are not imported, but can have the identifier of an imported one.
fn find_contained(id: &str, kind: &'static str, contained: &[Contained], index: &Index) -> Target {
    let Some(resource) = contained.iter().find(|resource| resource.id.as_deref() == Some(id)) else {
        return Target::Nowhere("refers to a contained resource that is not there");
    };
    if resource.resource_type != kind {
        return Target::OtherKind;
    }
    let identifiers = resource.identifier.iter();
    let mut known = identifiers.filter_map(|identifier| {
        let (system, value) = identifier.system.as_deref().zip(identifier.value.as_deref())?;
        index.by_identifier(kind, system, value)
    });
    known.next().map_or(
        Target::Nowhere("refers to a contained resource without the identifier of an imported one"),
        Target::Known,
    )
}

/// The type and the query of a conditional reference such as `Practitioner?identifier=system|value`.
fn searched(text: &str) -> Option<(&str, &str)> {
    let (path, query) = text.split_once('?')?;
    Some((path.rsplit('/').next()?, query))
}

fn searched_identifier(query: &str) -> Option<(String, String)> {
    let token = query.strip_prefix("identifier=").filter(|token| !token.contains('&'))?;
    let token = decoded(token)?;
    let (system, value) = token.split_once('|')?;
    (!system.is_empty() && !value.is_empty()).then(|| (system.to_owned(), value.to_owned()))
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_encoding::percent_decode_str(text).decode_utf8().ok()
}

/// The local id of the target of a required reference.
pub(super) fn required(
    reference: Option<&Reference>,
    (element, kind): (&'static str, &'static str),
    contained: &[Contained],
    index: &Index,
) -> Result<Uuid, NotImported> {
    match reference.map(|reference| reference.find(kind, contained, index)) {
        None => Err(refused(element, "is missing")),
        Some(Target::Known(id)) => Ok(id),
        Some(Target::OtherKind) => Err(refused(element, format_args!("must refer to a {kind}"))),
        Some(Target::Nowhere(why)) => Err(refused(element, why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NPI: &str = "http://hl7.org/fhir/sid/us-npi";

    fn find(json: &str, kind: &'static str) -> Target {
        let index = Index::of(&[("Practitioner", NPI, "9999900001", "p-1")]);
        let contained = r##"[{"resourceType":"Practitioner","id":"who","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi",
            "value":"9999900001"}]},{"resourceType":"Practitioner","id":"nobody"}]"##;
        let contained: Vec<Contained> = serde_json::from_str(contained).expect("contained");
        let reference: Reference = serde_json::from_str(json).expect("a reference");
        reference.find(kind, &contained, &index)
    }

    #[test]
    fn every_form_leads_to_the_same_resource() {
        for form in [
            r#"{"reference":"Practitioner/p-1"}"#,
            r#"{"reference":"Practitioner/p-1/_history/4"}"#,
            r#"{"reference":"https://fhir.example.org/r4/Practitioner/p-1"}"#,
            r#"{"reference":"https://fhir.example.org/r4/Practitioner/p-1/_history/4"}"#,
            r#"{"reference":"urn:uuid:p-1"}"#,
            r#"{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999900001"}"#,
            r#"{"reference":"Practitioner?identifier=http%3A%2F%2Fhl7.org%2Ffhir%2Fsid%2Fus-npi%7C9999900001"}"#,
            r#"{"reference":"https://fhir.example.org/r4/Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999900001"}"#,
            r#"{"type":"Practitioner","identifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"9999900001"}}"#,
            r#"{"identifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"9999900001"},"display":"Dr. Example"}"#,
            r##"{"reference":"#who"}"##,
        ] {
            assert_eq!(
                find(form, "Practitioner"),
                Target::Known(local_id("Practitioner", "p-1")),
                "{form}"
            );
        }
    }

    #[test]
    fn what_leads_nowhere_says_why_and_what_leads_elsewhere_says_so() {
        for form in [
            r#"{"reference":"RelatedPerson/r-1"}"#,
            r#"{"reference":"Organization?identifier=urn:x|1"}"#,
            r#"{"type":"Organization","identifier":{"system":"urn:x","value":"1"}}"#,
        ] {
            assert_eq!(find(form, "Practitioner"), Target::OtherKind, "{form}");
        }
        for form in [
            r#"{"display":"Dr. Example"}"#,
            r#"{"reference":"p-1"}"#,
            r##"{"reference":"#nobody"}"##,
            r##"{"reference":"#missing"}"##,
            r#"{"reference":"Practitioner?identifier=9999900001"}"#,
            r#"{"reference":"Practitioner?name=Example"}"#,
            r#"{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|1"}"#,
        ] {
            assert!(matches!(find(form, "Practitioner"), Target::Nowhere(_)), "{form}");
        }
    }

    #[test]
    fn an_identifier_that_two_share_leads_nowhere() {
        let shared = Index::of(&[("Practitioner", NPI, "1", "p-1"), ("Practitioner", NPI, "1", "p-2")]);
        assert_eq!(shared.by_identifier("Practitioner", NPI, "1"), None);
    }
}
