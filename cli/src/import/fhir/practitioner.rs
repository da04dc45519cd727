//! FHIR `Practitioner`.

use commands::RegisterPractitioner;
use domain::{
    practitioner::PractitionerDetails,
    values::{Email, Name, Specialty, TimeZone},
};
use serde::Deserialize;

use super::{CodeableConcept, ContactPoint, HumanName, NotImported, contact, display_name, local_id, refused};

#[derive(Debug, Deserialize)]
pub(in crate::import) struct Practitioner {
    id: String,
    #[serde(default)]
    name: Vec<HumanName>,
    #[serde(default)]
    telecom: Vec<ContactPoint>,
    #[serde(default)]
    qualification: Vec<Qualification>,
}

#[derive(Debug, Deserialize)]
struct Qualification {
    #[serde(default)]
    code: CodeableConcept,
}

impl Practitioner {
    /// The command that registers this practitioner. FHIR does not contain the time zone.
    ///
    /// # Errors
    /// An element is missing or invalid.
    pub(in crate::import) fn command(&self, time_zone: TimeZone) -> Result<RegisterPractitioner, NotImported> {
        let name = display_name(&self.name).ok_or_else(|| refused("name", "is missing"))?;
        let specialty = self
            .qualification
            .iter()
            .find_map(|qualification| qualification.code.display());
        let email = contact(&self.telecom, "email");
        let details = PractitionerDetails {
            name: Name::parse(&name).map_err(|why| refused("name", why))?.into(),
            specialty: specialty
                .map(|text| Specialty::parse(&text))
                .transpose()
                .map_err(|why| refused("qualification", why))?,
            time_zone,
            email: email
                .map(|text| Email::parse(&text))
                .transpose()
                .map_err(|why| refused("telecom e-mail", why))?,
        };
        Ok(RegisterPractitioner {
            id: local_id("Practitioner", &self.id),
            details,
        })
    }
}
