//! FHIR `Patient`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use commands::RegisterPatient;
use domain::{
    patient::{Deceased, Demographics},
    values::{
        Address, Change, DateOfBirth, Email, Gender, Identifiers, Invalid, PartialDate, PartialDateTime, Phone,
        TimeOfDeath,
    },
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    choice::{Choosable, has_ended, ranked},
    elements::{Identifier, Period},
    local_id::local_id,
    note::Notes,
    person::{ContactPoint, HumanName, contact, name, note_other_contacts},
    resource::{NotImported, Reading, Resource, refused},
};

const MAX_IDENTIFIERS: usize = 20;
const ADDRESS_USES: &[Option<&str>] = &[
    Some("home"),
    None,
    Some("temp"),
    Some("work"),
    Some("billing"),
    Some("old"),
];
const IDENTIFIER_USES: &[Option<&str>] = &[
    Some("official"),
    Some("usual"),
    None,
    Some("secondary"),
    Some("temp"),
    Some("old"),
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::import) struct Patient {
    #[serde(default)]
    identifier: Vec<Identifier>,
    active: Option<bool>,
    #[serde(default)]
    name: Vec<HumanName>,
    gender: Option<String>,
    birth_date: Option<String>,
    deceased_boolean: Option<bool>,
    deceased_date_time: Option<Value>,
    #[serde(default)]
    address: Vec<FhirAddress>,
    #[serde(default)]
    telecom: Vec<ContactPoint>,
    #[serde(default)]
    link: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    r#type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FhirAddress {
    r#use: Option<String>,
    r#type: Option<String>,
    text: Option<String>,
    #[serde(default)]
    line: Vec<Option<String>>,
    city: Option<String>,
    district: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    period: Option<Period>,
}

/// A patient to register.
#[derive(Clone, Debug)]
pub(in crate::import) struct PatientRecord {
    pub(in crate::import) command: RegisterPatient,
    /// Whether the patient stays active.
    pub(in crate::import) is_active: bool,
    /// The death. `Clear` states that the patient is alive.
    pub(in crate::import) death: Change<Deceased>,
}

impl Choosable for FhirAddress {
    fn used_for(&self) -> Option<&str> {
        self.r#use.as_deref()
    }

    fn period(&self) -> Option<&Period> {
        self.period.as_ref()
    }

    /// A postal address can be a post-office box.
    fn is_makeshift(&self) -> bool {
        self.r#type.as_deref() == Some("postal")
    }
}

impl Choosable for Identifier {
    fn used_for(&self) -> Option<&str> {
        self.r#use.as_deref()
    }

    fn period(&self) -> Option<&Period> {
        self.period.as_ref()
    }
}

impl FhirAddress {
    fn display(&self) -> String {
        let text = self.text.clone().filter(|text| !text.trim().is_empty());
        text.unwrap_or_else(|| {
            let region = [self.state.as_deref(), self.postal_code.as_deref()];
            let region = region.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let ends = [
                self.city.as_deref(),
                self.district.as_deref(),
                Some(region.as_str()),
                self.country.as_deref(),
            ];
            let lines = self.line.iter().flatten().map(String::as_str);
            let parts = lines.chain(ends.into_iter().flatten());
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        })
    }
}

impl Resource for Patient {
    const KIND: &'static str = "Patient";
    const EXPENDABLE: &'static [&'static str] = &["name.period", "telecom", "address", "identifier", "gender"];
    type Record = PatientRecord;

    fn record(self, id: &str, reading: &Reading<'_>, notes: &mut Notes) -> Result<PatientRecord, NotImported> {
        let now = reading.now;
        let name = name(&self.name, now, notes)?;
        let birth_date = self
            .birth_date
            .as_deref()
            .ok_or_else(|| refused("birthDate", "is missing"))?;
        let date_of_birth = PartialDate::parse(birth_date)
            .and_then(|date| DateOfBirth::parse(date, now))
            .map_err(|why| refused("birthDate", why))?;
        let gender = self.gender.as_deref().map(Gender::parse);
        let demographics = Demographics {
            name: name.into(),
            date_of_birth: date_of_birth.into(),
            email: contact(&self.telecom, ("email", "telecom e-mail"), Email::parse, now, notes),
            phone: contact(&self.telecom, ("phone", "telecom phone"), Phone::parse, now, notes),
            address: self.address(now, notes),
            gender: notes.optional("gender", gender),
            identifiers: self.identifiers(now, notes)?,
        };
        note_other_contacts(&self.telecom, &["email", "phone"], notes);
        Ok(PatientRecord {
            command: RegisterPatient {
                id: Some(local_id("Patient", id)),
                demographics,
            },
            is_active: self.is_active(notes),
            death: self.death(date_of_birth, now, notes),
        })
    }
}

impl Patient {
    /// The death, without the time if the time is invalid.
    fn death(&self, born: DateOfBirth, now: DateTime<Utc>, notes: &mut Notes) -> Change<Deceased> {
        let time = self.deceased_date_time.as_ref().map(|told| {
            let time = PartialDateTime::parse(told.as_str().unwrap_or_default())?;
            let time = TimeOfDeath::parse(time, now)?;
            match time.is_before(born) {
                true => Err(Invalid("must not be before the date of birth")),
                false => Ok(time),
            }
        });
        let is_deceased = time.is_some() || self.deceased_boolean == Some(true);
        let deceased_at = notes.optional("deceasedDateTime", time);
        match (is_deceased, self.deceased_boolean) {
            (true, _) => Change::Set(Deceased { deceased_at }),
            (false, Some(_)) => Change::Clear,
            (false, None) => Change::Keep,
        }
    }

    /// False for inactive and replaced patients.
    fn is_active(&self, notes: &mut Notes) -> bool {
        let is_replaced = self
            .link
            .iter()
            .any(|link| link.r#type.as_deref() == Some("replaced-by"));
        if is_replaced {
            notes.left_out("link", "the patient is inactive instead");
        } else if !self.link.is_empty() {
            notes.left_out("link", "not supported");
        }
        self.active != Some(false) && !is_replaced
    }

    fn address(&self, now: DateTime<Utc>, notes: &mut Notes) -> Option<Address> {
        let ranked = ranked(&self.address, ADDRESS_USES, now);
        let (mut chosen, mut fewer) = (None, 0);
        for address in ranked.best_first {
            let text = address.display();
            if has_ended(address, now) {
                notes.left_out("address", "not current");
            } else if chosen.is_some() {
                fewer += 1;
            } else if !text.trim().is_empty() {
                chosen = notes.optional("address", Some(Address::parse(&text)));
                if ranked.is_tie && chosen.is_some() {
                    notes.changed("address", "chosen by position, because nothing else distinguishes it");
                }
            }
        }
        if fewer > 0 {
            notes.left_out("address", format_args!("{fewer} less preferred"));
        }
        chosen
    }

    /// The identifiers with a system and a value, the best one per system.
    fn identifiers(&self, now: DateTime<Utc>, notes: &mut Notes) -> Result<Identifiers, NotImported> {
        let mut by_system: BTreeMap<&str, Vec<&Identifier>> = BTreeMap::new();
        let mut systems = Vec::new();
        for identifier in &self.identifier {
            let Some(system) = identifier.system.as_deref().filter(|_| identifier.value.is_some()) else {
                notes.left_out("identifier", "has no system or no value");
                continue;
            };
            if !by_system.contains_key(system) {
                systems.push(system);
            }
            by_system.entry(system).or_default().push(identifier);
        }
        let mut kept = Vec::new();
        for system in systems {
            let of_system = by_system.remove(system).unwrap_or_default();
            let ranked = ranked(of_system.iter().copied(), IDENTIFIER_USES, now);
            let Some(best) = ranked.best_first.first() else {
                continue;
            };
            if ranked.is_tie && ranked.best_first.iter().any(|other| other.value != best.value) {
                notes.changed(
                    "identifier",
                    "chosen by position, because nothing else distinguishes it",
                );
            }
            if of_system.len() > 1 {
                notes.left_out("identifier", format_args!("{} of the same system", of_system.len() - 1));
            }
            let value = best.value.as_deref().unwrap_or_default();
            kept.extend(notes.optional("identifier", Some(domain::values::Identifier::parse(system, value))));
        }
        if kept.len() > MAX_IDENTIFIERS {
            notes.left_out(
                "identifier",
                format_args!("{} beyond the first {MAX_IDENTIFIERS}", kept.len() - MAX_IDENTIFIERS),
            );
            kept.truncate(MAX_IDENTIFIERS);
        }
        Identifiers::parse(kept).map_err(|why| refused("identifier", why))
    }
}

#[cfg(test)]
mod tests {
    use domain::values::{Name, TimeZone};

    use super::{
        super::{index::Index, note::What},
        *,
    };

    fn read(json: &str) -> (Result<PatientRecord, NotImported>, Notes) {
        let patient: Patient = serde_json::from_str(json).expect("a resource");
        let reading = Reading {
            now: "2026-11-01T00:00:00Z".parse().expect("an instant"),
            time_zone: TimeZone::UTC,
            index: &Index::default(),
        };
        let mut notes = Notes::default();
        (patient.record("1", &reading, &mut notes), notes)
    }

    fn known(json: &str) -> (Demographics, Notes) {
        let (record, notes) = read(json);
        (record.expect("importable").command.demographics, notes)
    }

    fn named(names: &str) -> (String, Notes) {
        let (known, notes) = known(&format!(r#"{{"birthDate":"1990-01-01","name":{names}}}"#));
        (
            known.name.known().map(Name::as_str).unwrap_or_default().to_owned(),
            notes,
        )
    }

    #[test]
    fn a_registry_patient_becomes_a_command() {
        let (record, _) = read(
            r#"{"resourceType":"Patient","id":"pt-1","name":[{"use":"official","family":"Cooper","given":["Marie"]}],
                "identifier":[{"system":"urn:mrn","value":"1"},{"system":"urn:mrn","value":"2"}],
                "gender":"female","birthDate":"1940-10-10",
                "address":[{"line":["388 Harvard St"],"city":"Brockton","state":"MA","postalCode":"02301","country":"US"}],
                "telecom":[{"system":"phone","value":"(508) 753-1928"}]}"#,
        );
        let record = record.expect("importable");
        let known = record.command.demographics;
        assert_eq!(known.name.known().map(Name::as_str), Some("Marie Cooper"));
        assert_eq!(
            known.address.expect("an address").as_str(),
            "388 Harvard St, Brockton, MA 02301, US"
        );
        assert_eq!(known.identifiers.as_slice().len(), 1);
        assert_eq!(known.email, None);
        assert_eq!(record.command.id, Some(local_id("Patient", "1")));
        assert!(record.is_active);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_without_being_repeated() {
        let refusal = |json: &str| match read(json).0 {
            Err(NotImported::Refused(reason)) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(refusal(r#"{"birthDate":"1940-10-10"}"#), "name is missing");
        assert_eq!(refusal(r#"{"name":[{"text":"Marie"}]}"#), "birthDate is missing");
        assert_eq!(
            refusal(r#"{"name":[{"text":"Marie"}],"birthDate":"1940-13"}"#),
            "birthDate must be a date, such as 1990-01-31, or its month or year alone, such as 1990-01 or 1990"
        );
        assert_eq!(
            refusal(r#"{"name":[{"text":"Marie"}],"birthDate":"2040-01-01"}"#),
            "birthDate must not be in the future"
        );
    }

    #[test]
    fn a_date_of_birth_keeps_its_precision() {
        for date in ["1940-10-10", "1940-10", "1940"] {
            let (known, notes) = known(&format!(r#"{{"birthDate":"{date}","name":[{{"text":"Marie"}}]}}"#));
            let born = known.date_of_birth.known().map(|born| born.date().to_string());
            assert_eq!(born.as_deref(), Some(date));
            assert_eq!(notes.elements(), []);
        }
    }

    #[test]
    fn a_name_is_chosen_by_its_use_and_its_period() {
        for (names, chosen) in [
            (
                r#"[{"use":"maiden","text":"Before"},{"use":"usual","text":"Usual"}]"#,
                "Usual",
            ),
            (
                r#"[{"use":"official","text":"Ended","period":{"end":"2015-01-01"}},{"use":"official","text":"Current"}]"#,
                "Current",
            ),
            (
                r#"[{"use":"nickname","text":"Nick"},{"text":"Plain"},{"use":"official","text":"Official"}]"#,
                "Official",
            ),
            (
                r#"[{"use":"official","text":"Future","period":{"start":"2030"}},{"use":"temp","text":"Now"}]"#,
                "Now",
            ),
            (
                r#"[{"text":"Older","period":{"start":"2001"}},{"text":"Newer","period":{"start":"2019-05"}}]"#,
                "Newer",
            ),
            (r#"[{"use":"maiden","text":"Only"}]"#, "Only"),
            (
                r#"[{"family":"Many","given":["Ids",null],"suffix":["Jr."]}]"#,
                "Ids Many Jr.",
            ),
        ] {
            assert_eq!(named(names).0, chosen, "{names}");
        }
        let (first, notes) = named(r#"[{"text":"One"},{"text":"Two"}]"#);
        assert_eq!(first, "One");
        assert_eq!(notes.elements(), [("name", What::Changed), ("name", What::LeftOut)]);
    }

    #[test]
    fn ways_to_reach_somebody_are_chosen_by_rank_and_use_and_a_wrong_one_is_dropped() {
        let phone = |telecom: &str| {
            let json = format!(r#"{{"birthDate":"1990-01-01","name":[{{"text":"A"}}],"telecom":{telecom}}}"#);
            let (known, notes) = known(&json);
            (known.phone.map(|phone| phone.as_str().to_owned()), notes)
        };
        for (telecom, chosen) in [
            (
                r#"[{"system":"phone","value":"11111","use":"work"},{"system":"phone","value":"22222","use":"home"}]"#,
                Some("22222"),
            ),
            (
                r#"[{"system":"phone","value":"11111","use":"home","rank":2},{"system":"phone","value":"22222","use":"work","rank":1}]"#,
                Some("22222"),
            ),
            (r#"[{"system":"phone","value":"11111","use":"old"}]"#, None),
            (
                r#"[{"system":"phone","value":"11111","period":{"end":"2020"}},{"system":"phone","value":"22222"}]"#,
                Some("22222"),
            ),
            (
                r#"[{"system":"phone","value":"call reception","rank":1},{"system":"phone","value":"22222"}]"#,
                Some("22222"),
            ),
            (r#"[{"system":"phone","value":"call reception"}]"#, None),
        ] {
            assert_eq!(phone(telecom).0.as_deref(), chosen, "{telecom}");
        }
        let notes = phone(r#"[{"system":"phone","value":"call reception"},{"system":"fax","value":"33333"}]"#).1;
        assert_eq!(
            notes.elements(),
            [("telecom phone", What::LeftOut), ("telecom", What::LeftOut)]
        );
    }

    #[test]
    fn an_address_is_where_somebody_lives_now() {
        let (known, notes) = known(
            r#"{"birthDate":"1990-01-01","name":[{"text":"A"}],"address":[{"use":"old","text":"Old"},
                {"use":"home","type":"postal","text":"Box"},{"use":"work","text":"Work"},{"use":"home","text":"Home"}]}"#,
        );
        assert_eq!(known.address.expect("an address").as_str(), "Home");
        assert_eq!(
            notes.elements(),
            [("address", What::LeftOut), ("address", What::LeftOut)]
        );
    }

    #[test]
    fn an_identifier_is_the_current_one_of_its_system() {
        let (known, notes) = known(
            r#"{"birthDate":"1966-06-06","name":[{"text":"A"}],"identifier":[{"value":"123"},
                {"system":"urn:mrn","value":"OLD","use":"old"},{"system":"urn:mrn","value":"NEW"},
                {"system":"no uri","value":"1"}]}"#,
        );
        let values: Vec<&str> = known
            .identifiers
            .as_slice()
            .iter()
            .map(|identifier| identifier.value())
            .collect();
        assert_eq!(values, ["NEW"]);
        assert_eq!(notes.elements(), [("identifier", What::LeftOut); 3]);
    }

    #[test]
    fn a_death_is_kept_without_an_invalid_time() {
        let death = |elements: &str| {
            let (record, notes) = read(&format!(
                r#"{{"birthDate":"1990-01-01","name":[{{"text":"A"}}],{elements}}}"#
            ));
            let record = record.expect("importable");
            assert!(record.is_active, "{elements}");
            let death = match record.death {
                Change::Keep => None,
                Change::Clear => Some(None),
                Change::Set(deceased) => Some(Some(deceased.deceased_at.map(|at| at.time().to_string()))),
            };
            (death, notes.elements())
        };
        let at = |time: &str| Some(Some(Some(time.to_owned())));
        let left_out = [("deceasedDateTime", What::LeftOut)];
        for (elements, told, notes) in [
            (r#""active":true"#, None, &[][..]),
            (r#""deceasedBoolean":false"#, Some(None), &[]),
            (r#""deceasedBoolean":true"#, Some(Some(None)), &[]),
            (r#""deceasedDateTime":"2020""#, at("2020"), &[]),
            (r#""deceasedDateTime":"2020-01-01""#, at("2020-01-01"), &[]),
            (
                r#""deceasedDateTime":"2020-01-01T10:00:00+01:00""#,
                at("2020-01-01T09:00:00Z"),
                &[],
            ),
            (r#""deceasedDateTime":"last year""#, Some(Some(None)), &left_out),
            (r#""deceasedDateTime":"2040-01-01""#, Some(Some(None)), &left_out),
            (r#""deceasedDateTime":"1980""#, Some(Some(None)), &left_out),
            (r#""deceasedDateTime":7"#, Some(Some(None)), &left_out),
        ] {
            assert_eq!(death(elements), (told, notes.to_vec()), "{elements}");
        }
    }

    #[test]
    fn nothing_new_is_begun_for_the_inactive_and_the_replaced() {
        for (elements, element) in [
            (r#""active":false"#, None),
            (
                r#""link":[{"other":{"reference":"Patient/2"},"type":"replaced-by"}]"#,
                Some("link"),
            ),
        ] {
            let (record, notes) = read(&format!(
                r#"{{"birthDate":"1990-01-01","name":[{{"text":"A"}}],{elements}}}"#
            ));
            assert!(!record.expect("importable").is_active, "{elements}");
            let left_out: Vec<_> = element.into_iter().map(|element| (element, What::LeftOut)).collect();
            assert_eq!(notes.elements(), left_out, "{elements}");
        }
        let (record, _) = read(
            r#"{"birthDate":"1990-01-01","name":[{"text":"A"}],"deceasedBoolean":false,
                "link":[{"type":"replaces"}],"active":true}"#,
        );
        assert!(record.expect("importable").is_active);
    }
}
