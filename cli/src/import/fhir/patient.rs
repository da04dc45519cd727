//! FHIR `Patient`.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use commands::RegisterPatient;
use domain::{
    patient::Demographics,
    values::{Address, DateOfBirth, Email, Gender, Identifier, Identifiers, Name, Phone},
};
use serde::Deserialize;

use super::{ContactPoint, HumanName, NotImported, contact, display_name, local_id, refused};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::import) struct Patient {
    id: String,
    #[serde(default)]
    identifier: Vec<FhirIdentifier>,
    #[serde(default)]
    name: Vec<HumanName>,
    gender: Option<String>,
    birth_date: Option<String>,
    #[serde(default)]
    address: Vec<FhirAddress>,
    #[serde(default)]
    telecom: Vec<ContactPoint>,
}

#[derive(Debug, Deserialize)]
struct FhirIdentifier {
    system: Option<String>,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FhirAddress {
    text: Option<String>,
    #[serde(default)]
    line: Vec<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
}

impl FhirAddress {
    fn display(&self) -> String {
        self.text.clone().unwrap_or_else(|| {
            let region = [self.state.as_deref(), self.postal_code.as_deref()];
            let region = region.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let ends = [self.city.as_deref(), Some(region.as_str()), self.country.as_deref()];
            let parts = self.line.iter().map(String::as_str).chain(ends.into_iter().flatten());
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        })
    }
}

impl Patient {
    /// The command that registers this patient.
    ///
    /// # Errors
    /// An element is missing or invalid.
    pub(in crate::import) fn command(&self, now: DateTime<Utc>) -> Result<RegisterPatient, NotImported> {
        let name = display_name(&self.name).ok_or_else(|| refused("name", "is missing"))?;
        let birth_date = self
            .birth_date
            .as_deref()
            .ok_or_else(|| refused("birthDate", "is missing"))?;
        let birth_date: NaiveDate = birth_date
            .parse()
            .map_err(|_| refused("birthDate", "must be a full date"))?;
        let optional = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let demographics = Demographics {
            name: Name::parse(&name).map_err(|why| refused("name", why))?.into(),
            date_of_birth: DateOfBirth::parse(birth_date, now)
                .map_err(|why| refused("birthDate", why))?
                .into(),
            email: optional(contact(&self.telecom, "email"))
                .map(|text| Email::parse(&text))
                .transpose()
                .map_err(|why| refused("telecom e-mail", why))?,
            phone: optional(contact(&self.telecom, "phone"))
                .map(|text| Phone::parse(&text))
                .transpose()
                .map_err(|why| refused("telecom phone", why))?,
            address: optional(self.address.first().map(FhirAddress::display))
                .map(|text| Address::parse(&text))
                .transpose()
                .map_err(|why| refused("address", why))?,
            gender: self
                .gender
                .as_deref()
                .map(Gender::parse)
                .transpose()
                .map_err(|why| refused("gender", why))?,
            identifiers: self.identifiers()?,
        };
        Ok(RegisterPatient {
            id: Some(local_id("Patient", &self.id)),
            demographics,
        })
    }

    /// The identifiers with a system and a value, one per system.
    fn identifiers(&self) -> Result<Identifiers, NotImported> {
        let mut systems = HashSet::new();
        let mut identifiers = Vec::new();
        for identifier in &self.identifier {
            let (Some(system), Some(value)) = (&identifier.system, &identifier.value) else {
                continue;
            };
            if systems.insert(system) {
                identifiers.push(Identifier::parse(system, value).map_err(|why| refused("identifier", why))?);
            }
        }
        Identifiers::parse(identifiers).map_err(|why| refused("identifier", why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-01T00:00:00Z".parse().expect("an instant")
    }

    fn patient(json: &str) -> Patient {
        serde_json::from_str(json).expect("a resource")
    }

    #[test]
    fn a_registry_patient_becomes_a_command() {
        let command = patient(
            r#"{"resourceType":"Patient","id":"pt-1","name":[{"use":"official","family":"Cooper","given":["Marie"]}],
                "identifier":[{"system":"urn:mrn","value":"1"},{"system":"urn:mrn","value":"2"}],
                "gender":"female","birthDate":"1940-10-10",
                "address":[{"line":["388 Harvard St"],"city":"Brockton","state":"MA","postalCode":"02301","country":"US"}],
                "telecom":[{"system":"phone","value":"(508) 753-1928"}]}"#,
        )
        .command(now())
        .expect("importable");
        let known = command.demographics;
        assert_eq!(known.name.known().map(Name::as_str), Some("Marie Cooper"));
        assert_eq!(
            known.address.expect("an address").as_str(),
            "388 Harvard St, Brockton, MA 02301, US"
        );
        assert_eq!(known.identifiers.as_slice().len(), 1);
        assert_eq!(known.email, None);
        assert_eq!(command.id, Some(local_id("Patient", "pt-1")));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_without_being_repeated() {
        let refusal = |json: &str| match patient(json).command(now()) {
            Err(NotImported::Refused(reason)) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(refusal(r#"{"id":"1","birthDate":"1940-10-10"}"#), "name is missing");
        assert_eq!(
            refusal(r#"{"id":"1","name":[{"text":"Marie"}]}"#),
            "birthDate is missing"
        );
        assert_eq!(
            refusal(r#"{"id":"1","name":[{"text":"Marie"}],"birthDate":"1940"}"#),
            "birthDate must be a full date"
        );
        assert_eq!(
            refusal(r#"{"id":"1","name":[{"text":"Marie"}],"birthDate":"2040-01-01"}"#),
            "birthDate must not be in the future"
        );
    }
}
