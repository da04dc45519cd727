//! FHIR `Encounter`: a finished ambulatory encounter becomes a fulfilled appointment in the past. Unusual encounters are kept
//! and marked; only impossible ones are refused.

use chrono::{DateTime, TimeDelta, Utc};
use commands::{AppointmentKind, BookAppointment, History};
use domain::values::{self, Reason};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    dosage::Amount,
    elements::{CodeableConcept, Coding, Period},
    local_id::local_id,
    note::Notes,
    reference::{Contained, Reference, Target, required},
    resource::{NotImported, Reading, Resource, refused},
};

/// The HL7 v3 `ActCode` of an ambulatory encounter.
const AMBULATORY: &str = "AMB";
/// The HL7 v3 `ParticipationType` codes of practitioners who see the patient, best first. `None` is a participant without a
/// type. Referrers, admitters and dischargers are not among them.
const PERFORMERS: [Option<&str>; 6] = [
    Some("ATND"),
    Some("PPRF"),
    None,
    Some("SPRF"),
    Some("PART"),
    Some("CON"),
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::import) struct Encounter {
    #[serde(default)]
    contained: Vec<Contained>,
    status: String,
    class: Coding,
    #[serde(default)]
    r#type: Vec<CodeableConcept>,
    subject: Option<Reference>,
    #[serde(default)]
    participant: Vec<Participant>,
    period: Option<Period>,
    length: Option<Amount>,
    service_type: Option<CodeableConcept>,
    #[serde(default)]
    reason_code: Vec<CodeableConcept>,
}

#[derive(Debug, Deserialize)]
struct Participant {
    #[serde(default)]
    r#type: Vec<CodeableConcept>,
    individual: Option<Reference>,
}

impl Resource for Encounter {
    const KIND: &'static str = "Encounter";
    const EXPENDABLE: &'static [&'static str] = &["length", "reasonCode", "serviceType", "type"];
    type Record = BookAppointment;

    fn record(self, id: &str, reading: &Reading<'_>, notes: &mut Notes) -> Result<BookAppointment, NotImported> {
        if self.class.code.as_deref() != Some(AMBULATORY) {
            return Err(NotImported::Skipped("not an ambulatory encounter".to_owned()));
        }
        if self.status != "finished" {
            return Err(NotImported::Skipped("not finished".to_owned()));
        }
        let mut marks = Vec::new();
        let (start, end) = self.span(reading, notes, &mut marks)?;
        let patient = required(
            self.subject.as_ref(),
            ("subject", "Patient"),
            &self.contained,
            reading.index,
        )?;
        let period = values::Period::past(start, end).map_err(|why| refused("period.end", why))?;
        if values::Period::parse(start, end).is_err() {
            notes.changed("period", "kept, although such an appointment cannot be booked");
        }
        let marks = Some(marks.join(" ")).filter(|marks| !marks.is_empty());
        Ok(BookAppointment {
            id: local_id("Encounter", id),
            patient_id: patient,
            practitioner_id: self.performer(reading, notes)?,
            period,
            reason: self.reason(notes),
            notes: notes.optional("period", marks.map(|marks| values::Notes::parse(&marks))),
            kind: AppointmentKind::History(History::default()),
        })
    }
}

impl Encounter {
    /// The start and end. Unknown parts are filled with the shortest possible span, and marked.
    fn span(
        &self,
        reading: &Reading<'_>,
        notes: &mut Notes,
        marks: &mut Vec<&'static str>,
    ) -> Result<(DateTime<Utc>, DateTime<Utc>), NotImported> {
        let missing = || refused("period", "must have a start");
        let period = self.period.as_ref().ok_or_else(missing)?;
        let start = period.start.as_ref().ok_or_else(missing)?;
        let is_dates_only = start.is_dates_only() || period.end.is_some_and(|end| end.is_dates_only());
        if is_dates_only {
            notes.changed("period", "no time of day; set to whole days");
            marks.push("The time of day is not known.");
        }
        let begin = start.start_in(reading.time_zone);
        let end = period
            .end
            .map(|end| end.end_in(reading.time_zone))
            .filter(|end| *end != begin);
        if let Some(end) = end {
            return Ok((begin, end));
        }
        if let Some(length) = self.length.as_ref().and_then(Amount::as_minutes) {
            notes.changed("period.end", "computed from the length");
            return Ok((begin, begin + length));
        }
        if start.is_dates_only() {
            return Ok((begin, start.end_in(reading.time_zone)));
        }
        notes.changed("period.end", "unknown; set to 5 minutes after the start");
        marks.push("The end is not known.");
        Ok((begin, begin + values::Period::SHORTEST))
    }

    /// The practitioner who saw the patient.
    fn performer(&self, reading: &Reading<'_>, notes: &mut Notes) -> Result<Uuid, NotImported> {
        let mut candidates = Vec::new();
        for participant in &self.participant {
            let Some(individual) = &participant.individual else {
                continue;
            };
            let standing = PERFORMERS.iter().position(|code| match code {
                Some(code) => participant.r#type.iter().any(|kind| kind.has_code(&[code])),
                None => participant.r#type.is_empty(),
            });
            match individual.find("Practitioner", &self.contained, reading.index) {
                Target::OtherKind => {}
                found => candidates.extend(standing.map(|standing| (standing, found))),
            }
        }
        candidates.sort_by_key(|(standing, _)| *standing);
        let nobody = || refused("participant", "must name an attending practitioner");
        let (standing, chosen) = candidates.first().ok_or_else(nobody)?;
        let is_tie = candidates
            .get(1)
            .is_some_and(|(other, found)| other == standing && found != chosen);
        if is_tie {
            notes.changed(
                "participant",
                "chosen by position, because nothing else distinguishes it",
            );
        }
        let others = self.participant.len() - 1;
        if others > 0 {
            notes.left_out("participant", format_args!("{others} other participants"));
        }
        match chosen {
            Target::Known(id) => Ok(*id),
            Target::Nowhere(why) => Err(refused("participant", why)),
            Target::OtherKind => Err(nobody()),
        }
    }

    /// All reason codes, or else the service type, or else the type.
    fn reason(&self, notes: &mut Notes) -> Option<Reason> {
        let told = |concepts: &[CodeableConcept]| {
            let mut texts: Vec<String> = concepts.iter().filter_map(CodeableConcept::display).collect();
            texts.dedup();
            Some(texts.join("; ")).filter(|text| !text.is_empty())
        };
        let sources = [
            ("reasonCode", told(&self.reason_code)),
            ("serviceType", told(self.service_type.as_slice())),
            ("type", told(&self.r#type)),
        ];
        let mut chosen = None;
        for (element, text) in sources {
            match text {
                Some(text) if chosen.is_none() => chosen = notes.optional(element, Some(Reason::parse(&text))),
                Some(_) => notes.left_out(element, "the appointment already has a reason"),
                None => {}
            }
        }
        chosen
    }
}

impl Amount {
    /// A quantity of time as a duration.
    fn as_minutes(&self) -> Option<TimeDelta> {
        let (value, unit) = self.in_time()?;
        let minutes = match unit {
            "s" => value / 60.0,
            "min" => value,
            "h" => value * 60.0,
            "d" => value * 1_440.0,
            _ => return None,
        };
        let seconds = (minutes * 60.0).round();
        // A longer period would be refused anyway.
        (1.0..=31_536_000.0)
            .contains(&seconds)
            .then(|| TimeDelta::seconds(seconds as i64))
    }
}

#[cfg(test)]
mod tests {
    use domain::values::TimeZone;

    use super::{
        super::{index::Index, note::What},
        *,
    };

    fn read(json: &str) -> (Result<BookAppointment, NotImported>, Notes) {
        let encounter: Encounter = serde_json::from_str(json).expect("a resource");
        let reading = Reading {
            now: "2026-11-01T00:00:00Z".parse().expect("an instant"),
            time_zone: TimeZone::parse("America/New_York").expect("a zone"),
            index: &Index::default(),
        };
        let mut notes = Notes::default();
        (encounter.record("enc-1", &reading, &mut notes), notes)
    }

    fn encounter(class: &str, status: &str, end: &str) -> Result<BookAppointment, NotImported> {
        read(&format!(
            r#"{{"id":"enc-1","status":"{status}","class":{{"code":"{class}"}},
                "subject":{{"reference":"Patient/pt-1"}},
                "participant":[
                    {{"type":[{{"coding":[{{"code":"ADM"}}]}}],"individual":{{"reference":"Practitioner/DR-2"}}}},
                    {{"type":[{{"coding":[{{"code":"ATND"}}]}}],"individual":{{"reference":"Practitioner/DR-1"}}}}],
                "period":{{"start":"2026-02-19T10:44:00Z","end":"{end}"}},
                "reasonCode":[{{"text":"Cough"}}]}}"#
        ))
        .0
    }

    fn at(period: &str) -> (Result<BookAppointment, NotImported>, Notes) {
        read(&format!(
            r#"{{"status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":"Patient/pt-1"}},
                "participant":[{{"individual":{{"reference":"Practitioner/DR-1"}}}}],{period}}}"#
        ))
    }

    #[test]
    fn a_finished_ambulatory_encounter_is_a_past_appointment_with_the_attender() {
        let command = encounter("AMB", "finished", "2026-02-19T10:58:00Z").expect("importable");
        assert_eq!(command.patient_id, local_id("Patient", "pt-1"));
        assert_eq!(command.practitioner_id, local_id("Practitioner", "DR-1"));
        assert_eq!(command.kind, AppointmentKind::History(History::default()));
        assert_eq!(command.reason.expect("a reason").as_str(), "Cough");
    }

    #[test]
    fn other_encounters_are_skipped_and_impossible_ones_refused() {
        let why = |class, status, end| encounter(class, status, end).expect_err("not importable");
        let late = "2026-02-19T10:58:00Z";
        assert_eq!(
            why("IMP", "finished", late),
            NotImported::Skipped("not an ambulatory encounter".to_owned())
        );
        assert_eq!(
            why("AMB", "planned", late),
            NotImported::Skipped("not finished".to_owned())
        );
        assert_eq!(
            why("AMB", "finished", "2026-02-19T10:43:59Z"),
            NotImported::Refused("period.end must be after the start time".to_owned())
        );
    }

    #[test]
    fn what_is_odd_about_a_period_is_kept_and_marked() {
        for (period, end, marks, elements) in [
            (
                r#""period":{"start":"2025-03-03T10:00:00-05:00","end":"2025-03-03T10:02:00-05:00"}"#,
                "2025-03-03T15:02:00Z",
                None,
                &["period"][..],
            ),
            (
                r#""period":{"start":"2025-03-06T08:00:00Z","end":"2025-03-06T21:00:00Z"}"#,
                "2025-03-06T21:00:00Z",
                None,
                &["period"],
            ),
            (
                r#""period":{"start":"2025-03-04","end":"2025-03-05"}"#,
                "2025-03-06T05:00:00Z",
                Some("The time of day is not known."),
                &["period", "period"],
            ),
            (
                r#""period":{"start":"2025-03-04"}"#,
                "2025-03-05T05:00:00Z",
                Some("The time of day is not known."),
                &["period", "period"],
            ),
            (
                r#""period":{"start":"2025-03-06T08:00:00Z"}"#,
                "2025-03-06T08:05:00Z",
                Some("The end is not known."),
                &["period.end"],
            ),
            (
                r#""period":{"start":"2025-03-06T08:00:00Z","end":"2025-03-06T08:00:00Z"}"#,
                "2025-03-06T08:05:00Z",
                Some("The end is not known."),
                &["period.end"],
            ),
            (
                r#""period":{"start":"2025-03-06T08:00:00Z"},"length":{"value":1.5,"unit":"hours","code":"h"}"#,
                "2025-03-06T09:30:00Z",
                None,
                &["period.end"],
            ),
        ] {
            let (command, notes) = at(period);
            let command = command.expect(period);
            assert_eq!(
                command.period.end(),
                end.parse::<DateTime<Utc>>().expect("an instant"),
                "{period}"
            );
            assert_eq!(command.notes.as_ref().map(values::Notes::as_str), marks, "{period}");
            let expected: Vec<_> = elements.iter().map(|element| (*element, What::Changed)).collect();
            assert_eq!(notes.elements(), expected, "{period}");
        }
        for (period, reason) in [
            (r#""period":{"end":"2025-03-06T08:00:00Z"}"#, "period must have a start"),
            (
                r#""period":{"start":"2024","end":"2025"}"#,
                "period.end must be at most 31 days after the start time",
            ),
        ] {
            assert_eq!(at(period).0.expect_err(period), NotImported::Refused(reason.to_owned()));
        }
    }

    #[test]
    fn the_performer_is_told_by_type_and_never_by_place() {
        let seen_by = |participants: &str| {
            let (command, notes) = read(&format!(
                r#"{{"status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":"Patient/pt-1"}},
                    "period":{{"start":"2025-03-06T08:00:00Z","end":"2025-03-06T08:30:00Z"}},"participant":{participants}}}"#
            ));
            (command.map(|command| command.practitioner_id), notes)
        };
        let (chosen, _) = seen_by(
            r#"[{"individual":{"reference":"RelatedPerson/r-1"}},
                {"type":[{"coding":[{"code":"REF"}]}],"individual":{"reference":"Practitioner/p-2"}},
                {"type":[{"coding":[{"code":"PPRF"}]}],"individual":{"reference":"Practitioner/p-1"}}]"#,
        );
        assert_eq!(chosen, Ok(local_id("Practitioner", "p-1")));
        let (tie, notes) = seen_by(
            r#"[{"individual":{"reference":"Practitioner/p-2"}},{"individual":{"reference":"Practitioner/p-1"}}]"#,
        );
        assert_eq!(tie, Ok(local_id("Practitioner", "p-2")));
        assert_eq!(
            notes.elements(),
            [("participant", What::Changed), ("participant", What::LeftOut)]
        );
        let (referrer, _) =
            seen_by(r#"[{"type":[{"coding":[{"code":"REF"}]}],"individual":{"reference":"Practitioner/p-2"}}]"#);
        let nobody = NotImported::Refused("participant must name an attending practitioner".to_owned());
        assert_eq!(referrer, Err(nobody));
    }

    #[test]
    fn all_reasons_are_told() {
        let (command, notes) = at(
            r#""period":{"start":"2025-03-06T08:00:00Z","end":"2025-03-06T08:30:00Z"},
                "reasonCode":[{"text":"Cough"},{"coding":[{"display":"Fever"}]}],"serviceType":{"text":"Medicine"}"#,
        );
        assert_eq!(
            command.expect("importable").reason.expect("one").as_str(),
            "Cough; Fever"
        );
        assert_eq!(notes.elements(), [("serviceType", What::LeftOut)]);
    }
}
