//! FHIR `Encounter`: a finished ambulatory encounter becomes a fulfilled appointment in the past.

use chrono::{DateTime, Utc};
use commands::{AppointmentKind, BookAppointment};
use domain::values::{Period, Reason};
use serde::Deserialize;
use uuid::Uuid;

use super::{CodeableConcept, Coding, NotImported, Reference, local_id, referenced, refused};

/// The HL7 v3 `ActCode` of an ambulatory encounter.
const AMBULATORY: &str = "AMB";
/// The HL7 v3 `ParticipationType` of the practitioner who sees the patient.
const ATTENDER: &str = "ATND";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::import) struct Encounter {
    id: String,
    status: String,
    class: Coding,
    subject: Option<Reference>,
    #[serde(default)]
    participant: Vec<Participant>,
    period: Option<FhirPeriod>,
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

#[derive(Debug, Deserialize)]
struct FhirPeriod {
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
}

impl Encounter {
    /// The command that records this encounter.
    ///
    /// # Errors
    /// It is not a finished ambulatory encounter, or an element is missing or invalid.
    pub(in crate::import) fn command(&self) -> Result<BookAppointment, NotImported> {
        if self.class.code.as_deref() != Some(AMBULATORY) {
            return Err(NotImported::Skipped("not an ambulatory encounter".to_owned()));
        }
        if self.status != "finished" {
            return Err(NotImported::Skipped("not finished".to_owned()));
        }
        let subject = self.subject.as_ref().and_then(|subject| referenced(subject, "Patient"));
        let period = self.period.as_ref().and_then(|period| period.start.zip(period.end));
        let (start, end) = period.ok_or_else(|| refused("period", "must have a start and an end"))?;
        let reason = self
            .reason_code
            .first()
            .or(self.service_type.as_ref())
            .and_then(CodeableConcept::display);
        Ok(BookAppointment {
            id: local_id("Encounter", &self.id),
            patient_id: subject.ok_or_else(|| refused("subject", "must refer to a patient"))?,
            practitioner_id: self
                .attender()
                .ok_or_else(|| refused("participant", "must name an attending practitioner"))?,
            period: Period::parse(start, end).map_err(|why| refused("period.end", why))?,
            reason: reason
                .map(|text| Reason::parse(&text))
                .transpose()
                .map_err(|why| refused("reasonCode", why))?,
            notes: None,
            kind: AppointmentKind::History,
        })
    }

    fn attender(&self) -> Option<Uuid> {
        let attends = |participant: &&Participant| {
            let mut codes = participant.r#type.iter().flat_map(|kind| &kind.coding);
            codes.any(|coding| coding.code.as_deref() == Some(ATTENDER))
        };
        let attender = self
            .participant
            .iter()
            .find(attends)
            .or_else(|| self.participant.first());
        attender?
            .individual
            .as_ref()
            .and_then(|individual| referenced(individual, "Practitioner"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encounter(class: &str, status: &str, end: &str) -> Encounter {
        let json = format!(
            r#"{{"id":"enc-1","status":"{status}","class":{{"code":"{class}"}},
                "subject":{{"reference":"Patient/pt-1"}},
                "participant":[
                    {{"type":[{{"coding":[{{"code":"ADM"}}]}}],"individual":{{"reference":"Practitioner/DR-2"}}}},
                    {{"type":[{{"coding":[{{"code":"ATND"}}]}}],"individual":{{"reference":"Practitioner/DR-1"}}}}],
                "period":{{"start":"2026-02-19T10:44:00Z","end":"{end}"}},
                "reasonCode":[{{"text":"Cough"}}]}}"#
        );
        serde_json::from_str(&json).expect("a resource")
    }

    #[test]
    fn a_finished_ambulatory_encounter_is_a_past_appointment_with_the_attender() {
        let command = encounter("AMB", "finished", "2026-02-19T10:58:00Z")
            .command()
            .expect("importable");
        assert_eq!(command.patient_id, local_id("Patient", "pt-1"));
        assert_eq!(command.practitioner_id, local_id("Practitioner", "DR-1"));
        assert_eq!(command.kind, AppointmentKind::History);
        assert_eq!(command.reason.expect("a reason").as_str(), "Cough");
    }

    #[test]
    fn other_encounters_are_skipped_and_impossible_ones_refused() {
        let why = |class, status, end| encounter(class, status, end).command().expect_err("not importable");
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
            why("AMB", "finished", "2026-02-19T10:44:00Z"),
            NotImported::Refused("period.end must be after the start time".to_owned())
        );
    }
}
