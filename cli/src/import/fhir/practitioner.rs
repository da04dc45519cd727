//! FHIR `Practitioner`.

use commands::RegisterPractitioner;
use domain::{
    practitioner::PractitionerDetails,
    values::{Email, Specialty},
};
use serde::Deserialize;

use super::{
    elements::{CodeableConcept, Period},
    local_id::local_id,
    note::Notes,
    person::{ContactPoint, HumanName, contact, name, note_other_contacts},
    resource::{NotImported, Reading, Resource},
};

#[derive(Debug, Deserialize)]
pub(in crate::import) struct Practitioner {
    active: Option<bool>,
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
    period: Option<Period>,
}

/// A practitioner to register.
#[derive(Clone, Debug)]
pub(in crate::import) struct PractitionerRecord {
    pub(in crate::import) command: RegisterPractitioner,
    /// Whether the practitioner stays active.
    pub(in crate::import) is_active: bool,
}

impl Resource for Practitioner {
    const KIND: &'static str = "Practitioner";
    const EXPENDABLE: &'static [&'static str] = &["name.period", "telecom", "qualification"];
    type Record = PractitionerRecord;

    /// FHIR does not contain the time zone.
    fn record(self, id: &str, reading: &Reading<'_>, notes: &mut Notes) -> Result<PractitionerRecord, NotImported> {
        let details = PractitionerDetails {
            name: name(&self.name, reading.now, notes)?.into(),
            specialty: self.specialty(reading, notes),
            time_zone: reading.time_zone,
            email: contact(
                &self.telecom,
                ("email", "telecom e-mail"),
                Email::parse,
                reading.now,
                notes,
            ),
        };
        note_other_contacts(&self.telecom, &["email"], notes);
        Ok(PractitionerRecord {
            command: RegisterPractitioner {
                id: local_id("Practitioner", id),
                details,
            },
            is_active: self.active != Some(false),
        })
    }
}

impl Practitioner {
    /// The name of the current qualification that was gained last.
    fn specialty(&self, reading: &Reading<'_>, notes: &mut Notes) -> Option<Specialty> {
        let holds = |qualification: &&Qualification| {
            let period = qualification.period.as_ref();
            period.is_none_or(|period| period.holds_at(reading.now))
        };
        let began = |qualification: &Qualification| {
            let start = qualification.period.as_ref().and_then(|period| period.start.as_ref());
            start.map(|start| std::cmp::Reverse(start.earliest()))
        };
        let mut held: Vec<_> = self
            .qualification
            .iter()
            .filter(holds)
            .filter(|held| held.code.display().is_some())
            .collect();
        held.sort_by_key(|held| (began(held).is_none(), began(held)));
        if let [first, second, ..] = held.as_slice()
            && began(first) == began(second)
        {
            notes.changed(
                "qualification",
                "chosen by position, because nothing else distinguishes it",
            );
        }
        if self.qualification.len() > 1 {
            notes.left_out(
                "qualification",
                format_args!("{} less preferred", self.qualification.len() - 1),
            );
        }
        let text = held.first().and_then(|held| held.code.display());
        notes.optional("qualification", text.map(|text| Specialty::parse(&text)))
    }
}

#[cfg(test)]
mod tests {
    use domain::values::TimeZone;

    use super::{
        super::{index::Index, note::What},
        *,
    };

    fn read(json: &str) -> (PractitionerRecord, Notes) {
        let practitioner: Practitioner = serde_json::from_str(json).expect("a resource");
        let reading = Reading {
            now: "2026-11-01T00:00:00Z".parse().expect("an instant"),
            time_zone: TimeZone::UTC,
            index: &Index::default(),
        };
        let mut notes = Notes::default();
        (
            practitioner.record("p", &reading, &mut notes).expect("importable"),
            notes,
        )
    }

    #[test]
    fn a_retired_practitioner_with_a_wrong_address_comes_in_retired_and_without_it() {
        let (record, notes) = read(
            r#"{"active":false,"name":[{"family":"Retired","given":["Rudi"]}],"telecom":[{"system":"email","value":"x"}]}"#,
        );
        assert!(!record.is_active && record.command.details.email.is_none());
        assert_eq!(notes.elements(), [("telecom e-mail", What::LeftOut)]);
    }

    #[test]
    fn the_qualification_that_was_gained_last_counts() {
        let (record, notes) = read(
            r#"{"name":[{"text":"A"}],"qualification":[{"code":{"text":"Nurse"},"period":{"start":"1999"}},
                {"code":{"text":"Doctor"},"period":{"start":"2011-01-01"}},
                {"code":{"text":"Pilot"},"period":{"start":"2012","end":"2013"}}]}"#,
        );
        assert_eq!(record.command.details.specialty.expect("one").as_str(), "Doctor");
        assert_eq!(notes.elements(), [("qualification", What::LeftOut)]);
    }
}
