//! FHIR `MedicationRequest`: becomes a prescription of one medicine, with its status, date, notes and refills.

use commands::{Prescribe, PrescriptionKind};
use domain::{
    prescription::StatusReason,
    values::{
        self, Instructions, MedicationReason, Medicine, MedicineName, Medicines, Reason, Refills, RxNormCode,
        TreatmentDuration,
    },
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    dosage::{Amount, Directions, Dosage, Fault, directions},
    elements::{Annotation, CodeableConcept, Coding},
    local_id::local_id,
    note::Notes,
    reference::{Contained, Reference, Target, required},
    resource::{NotImported, Reading, Resource, refused},
    time::Moment,
};

/// The coding system of RxNorm.
const RX_NORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
/// The dosage or duration that is recorded if a resource does not state one.
const NOT_STATED: &str = "not stated";
/// The dosage that is recorded if the stated one is too long.
const SEE_INSTRUCTIONS: &str = "see the instructions";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::import) struct MedicationRequest {
    #[serde(default)]
    contained: Vec<Contained>,
    status: String,
    status_reason: Option<CodeableConcept>,
    intent: String,
    #[serde(default)]
    do_not_perform: bool,
    medication_codeable_concept: Option<CodeableConcept>,
    medication_reference: Option<Reference>,
    subject: Option<Reference>,
    encounter: Option<Reference>,
    authored_on: Option<String>,
    requester: Option<Reference>,
    #[serde(default)]
    note: Vec<Annotation>,
    #[serde(default)]
    dosage_instruction: Vec<Dosage>,
    dispense_request: Option<DispenseRequest>,
    prior_prescription: Option<Reference>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DispenseRequest {
    number_of_repeats_allowed: Option<u32>,
    expected_supply_duration: Option<Amount>,
}

impl Resource for MedicationRequest {
    const KIND: &'static str = "MedicationRequest";
    const EXPENDABLE: &'static [&'static str] =
        &["authoredOn", "encounter", "note", "priorPrescription", "statusReason"];
    type Record = Prescribe;

    fn record(self, id: &str, reading: &Reading<'_>, notes: &mut Notes) -> Result<Prescribe, NotImported> {
        if !self.intent.ends_with("order") || self.do_not_perform {
            return Err(NotImported::Skipped("not an order to take something".to_owned()));
        }
        let kind = self.kind(notes)?;
        let find = |reference, element| required(reference, element, &self.contained, reading.index);
        let repeats = self
            .dispense_request
            .as_ref()
            .and_then(|dispense| dispense.number_of_repeats_allowed);
        Ok(Prescribe {
            id: local_id("MedicationRequest", id),
            patient_id: find(self.subject.as_ref(), ("subject", "Patient"))?,
            practitioner_id: find(self.requester.as_ref(), ("requester", "Practitioner"))?,
            appointment_id: self.optional(("encounter", "Encounter"), self.encounter.as_ref(), reading, notes),
            renews: self.optional(
                ("priorPrescription", "MedicationRequest"),
                self.prior_prescription.as_ref(),
                reading,
                notes,
            ),
            medicines: Medicines::parse(vec![self.medicine(reading, notes)?])
                .map_err(|why| refused("medication", why))?,
            refills: Refills::parse(repeats.unwrap_or_default())
                .map_err(|why| refused("dispenseRequest.numberOfRepeatsAllowed", why))?,
            notes: self.notes(notes),
            kind,
            may_repeat: false,
            may_have_departed: false,
        })
    }
}

impl MedicationRequest {
    /// The status, with its reason.
    fn kind(&self, notes: &mut Notes) -> Result<PrescriptionKind, NotImported> {
        let kind = match self.status.as_str() {
            "draft" => PrescriptionKind::Draft,
            "active" => PrescriptionKind::Active,
            "completed" => PrescriptionKind::Completed,
            "on-hold" => PrescriptionKind::OnHold(self.status_reason(notes)),
            "stopped" => PrescriptionKind::Stopped(self.status_reason(notes)),
            "cancelled" => PrescriptionKind::Cancelled(self.status_reason(notes)),
            "entered-in-error" => return Err(NotImported::Skipped("entered in error".to_owned())),
            _ => return Err(NotImported::Skipped("of an unsupported status".to_owned())),
        };
        let has_place = matches!(
            kind,
            PrescriptionKind::OnHold(_) | PrescriptionKind::Stopped(_) | PrescriptionKind::Cancelled(_)
        );
        if self.status_reason.is_some() && !has_place {
            notes.left_out("statusReason", "not supported for this status");
        }
        Ok(kind)
    }

    fn status_reason(&self, notes: &mut Notes) -> StatusReason {
        let Some(concept) = &self.status_reason else {
            return StatusReason::default();
        };
        let mut codes = concept.coding.iter().filter_map(|coding| coding.code.as_deref());
        let reason = StatusReason {
            reason_code: codes.find_map(|code| MedicationReason::parse(code).ok()),
            reason_text: notes.optional("statusReason", concept.display().map(|text| Reason::parse(&text))),
        };
        if reason == StatusReason::default() {
            notes.left_out("statusReason", "has no known code and no words");
        }
        reason
    }

    /// The target of an optional reference.
    fn optional(
        &self,
        (element, kind): (&'static str, &'static str),
        reference: Option<&Reference>,
        reading: &Reading<'_>,
        notes: &mut Notes,
    ) -> Option<Uuid> {
        match reference?.find(kind, &self.contained, reading.index) {
            Target::Known(id) => return Some(id),
            Target::OtherKind => notes.left_out(element, format_args!("does not refer to a resource of kind {kind}")),
            Target::Nowhere(why) => notes.left_out(element, why),
        }
        None
    }

    /// The date of the request, because it differs from the date of the import, and the notes.
    fn notes(&self, notes: &mut Notes) -> Option<values::Notes> {
        let mut lines = Vec::new();
        if let Some(authored_on) = self.authored_on.as_deref() {
            match Moment::parse(authored_on) {
                Some(_) => {
                    notes.changed("authoredOn", "kept in the notes");
                    lines.push(format!("Prescribed on {authored_on}."));
                }
                None => notes.left_out("authoredOn", "must be a date or an instant"),
            }
        }
        let date = lines.first().map(|date| values::Notes::parse(date));
        lines.extend(self.note.iter().filter_map(|note| note.text.clone()));
        let text = lines.join("\n");
        if text.trim().is_empty() {
            return None;
        }
        match values::Notes::parse(&text) {
            Ok(all) => Some(all),
            Err(why) => {
                notes.left_out("note", why);
                date?.ok()
            }
        }
    }

    fn medicine(&self, reading: &Reading<'_>, notes: &mut Notes) -> Result<Medicine, NotImported> {
        let (element, name, codings) = self.medication(reading)?;
        let directions = directions(&self.dosage_instruction).map_err(|fault| match fault {
            Fault::NoWords(part) => refused(&format!("dosageInstruction.{part}"), "has no words"),
            Fault::Wrong(part, why) => refused(&format!("dosageInstruction.{part}"), why),
        })?;
        if directions.is_told_by_text {
            notes.changed(
                "dosageInstruction",
                "taken from the text, because an element has no display",
            );
        }
        if directions.is_chosen {
            notes.left_out("dosageInstruction.doseAndRate", "doses other than the ordered one");
        }
        if directions.dosage.is_none() {
            notes.changed("dosageInstruction", NOT_STATED);
        }
        let (dosage, instructions) = split(directions)?;
        let supply = self
            .dispense_request
            .as_ref()
            .and_then(|dispense| dispense.expected_supply_duration.as_ref());
        let supply = supply.map(|supply| {
            let words = supply.words("dispenseRequest.expectedSupplyDuration").ok();
            TreatmentDuration::parse(&words.unwrap_or_default())
        });
        let duration = notes.optional("dispenseRequest.expectedSupplyDuration", supply);
        let duration = duration.map_or_else(|| TreatmentDuration::parse(NOT_STATED), Ok);
        let of_rx_norm = codings
            .iter()
            .filter(|coding| coding.system.as_deref() == Some(RX_NORM));
        let mut codes: Vec<&str> = of_rx_norm.filter_map(|coding| coding.code.as_deref()).collect();
        codes.dedup();
        if codes.len() > 1 {
            notes.left_out("medication code", "more than one RxNorm code");
        }
        let code = codes.first().map(|code| RxNormCode::parse(code));
        Ok(Medicine {
            name: MedicineName::parse(&name).map_err(|why| refused(element, why))?,
            instructions,
            dosage,
            duration: duration.map_err(|why| refused("dispenseRequest.expectedSupplyDuration", why))?,
            rx_norm_code: notes.optional("medication code", code),
        })
    }

    /// The element, name and codes of the medicine: in the request, a contained resource or another resource.
    fn medication(&self, reading: &Reading<'_>) -> Result<(&'static str, String, Vec<Coding>), NotImported> {
        if let Some(concept) = &self.medication_codeable_concept {
            let name = concept.display().unwrap_or_default();
            return Ok(("medicationCodeableConcept", name, concept.coding.clone()));
        }
        let medication = self
            .medication_reference
            .as_ref()
            .ok_or_else(|| refused("medication", "is missing"))?;
        let contained = medication.contained_id().and_then(|id| {
            let mut contained = self.contained.iter();
            contained.find(|resource| resource.resource_type == "Medication" && resource.id.as_deref() == Some(id))
        });
        let concept = match contained {
            Some(contained) => contained.code.clone(),
            None => match medication.find("Medication", &[], reading.index) {
                Target::Known(id) => reading.index.medication(id).cloned(),
                _ => None,
            },
        };
        let concept = concept.unwrap_or_default();
        let name = concept.display().or_else(|| medication.display.clone());
        let name = name.ok_or_else(|| refused("medicationReference", "does not lead to the name of a medicine"))?;
        Ok(("medicationReference", name, concept.coding))
    }
}

/// Splits directions into dosage and instructions. A dosage that is too long moves to the instructions.
fn split(directions: Directions) -> Result<(values::Dosage, Instructions), NotImported> {
    let all = directions.dosage.as_deref().unwrap_or(NOT_STATED);
    let (dosage, instructions) = match values::Dosage::parse(all) {
        Ok(dosage) => (dosage, directions.text.as_deref().unwrap_or(all).to_owned()),
        Err(_) => {
            let dosage = values::Dosage::parse(SEE_INSTRUCTIONS).map_err(|why| refused("dosageInstruction", why))?;
            let text = directions.text.as_deref().filter(|text| *text != all);
            (dosage, all.lines().chain(text).collect::<Vec<_>>().join("\n"))
        }
    };
    let instructions = Instructions::parse(&instructions).map_err(|why| refused("dosageInstruction", why))?;
    Ok((dosage, instructions))
}

#[cfg(test)]
mod tests {
    use domain::values::TimeZone;

    use super::{
        super::{index::Index, note::What},
        *,
    };

    fn read(json: &str) -> (Result<Prescribe, NotImported>, Notes) {
        let request: MedicationRequest = serde_json::from_str(json).expect("a resource");
        let reading = Reading {
            now: "2026-11-01T00:00:00Z".parse().expect("an instant"),
            time_zone: TimeZone::UTC,
            index: &Index::default(),
        };
        let mut notes = Notes::default();
        (request.record("a", &reading, &mut notes), notes)
    }

    fn request(status: &str, intent: &str, repeats: u32, more: &str) -> (Result<Prescribe, NotImported>, Notes) {
        read(&format!(
            r#"{{"status":"{status}","intent":"{intent}",
                "medicationCodeableConcept":{{"text":"Lansoprazole",
                    "coding":[{{"system":"{RX_NORM}","code":"17128"}}]}},
                "subject":{{"reference":"Patient/pt-1"}},"encounter":{{"reference":"Encounter/enc-1"}},
                "requester":{{"reference":"Practitioner/DR-1"}},
                "dosageInstruction":[{{"text":"15mg PO DAILY",
                    "doseAndRate":[{{"doseQuantity":{{"value":15.0,"unit":"mg"}}}}]}}],
                "dispenseRequest":{{"numberOfRepeatsAllowed":{repeats},
                    "expectedSupplyDuration":{{"value":30,"unit":"d"}}}}{more}}}"#
        ))
    }

    fn dosed(dosage: &str) -> Result<Medicine, NotImported> {
        let (command, _) = read(&format!(
            r#"{{"status":"active","intent":"order","medicationCodeableConcept":{{"text":"Warfarin"}},
                "subject":{{"reference":"Patient/a-6"}},"requester":{{"reference":"Practitioner/p-1"}}{dosage}}}"#
        ));
        command.map(|command| command.medicines.as_slice()[0].clone())
    }

    #[test]
    fn a_request_is_a_prescription_with_its_own_refills_against_the_appointment() {
        let command = request("active", "instance-order", 3, "").0.expect("importable");
        assert_eq!(command.id, local_id("MedicationRequest", "a"));
        assert_eq!(command.appointment_id, Some(local_id("Encounter", "enc-1")));
        assert_eq!(command.refills.number(), 3);
        let [medicine] = command.medicines.as_slice() else {
            panic!("not one")
        };
        assert_eq!(
            (medicine.dosage.as_str(), medicine.duration.as_str()),
            ("15 mg", "30 days")
        );
        assert_eq!(medicine.instructions.as_str(), "15mg PO DAILY");
        assert_eq!(medicine.rx_norm_code.as_ref().map(RxNormCode::as_str), Some("17128"));
    }

    #[test]
    fn a_prescription_keeps_its_status_its_reason_its_date_its_notes_and_its_predecessor() {
        let (command, notes) = request(
            "stopped",
            "order",
            0,
            r#","statusReason":{"coding":[{"code":"salg"}]},"authoredOn":"2019-02-01","note":[{"text":"rash after two days"}],
                "priorPrescription":{"reference":"MedicationRequest/m-0"}"#,
        );
        let command = command.expect("importable");
        let reason = StatusReason {
            reason_code: Some(MedicationReason::Allergy),
            reason_text: None,
        };
        assert_eq!(command.kind, PrescriptionKind::Stopped(reason));
        assert_eq!(
            command.notes.expect("notes").as_str(),
            "Prescribed on 2019-02-01.\nrash after two days"
        );
        assert_eq!(command.renews, Some(local_id("MedicationRequest", "m-0")));
        assert_eq!(notes.elements(), [("authoredOn", What::Changed)]);
    }

    #[test]
    fn what_was_ordered_comes_in_where_it_stands_and_what_was_never_ordered_is_skipped() {
        let none = StatusReason::default;
        for (status, kind) in [
            ("draft", PrescriptionKind::Draft),
            ("active", PrescriptionKind::Active),
            ("completed", PrescriptionKind::Completed),
            ("on-hold", PrescriptionKind::OnHold(none())),
            ("stopped", PrescriptionKind::Stopped(none())),
            ("cancelled", PrescriptionKind::Cancelled(none())),
        ] {
            assert_eq!(request(status, "order", 0, "").0.expect(status).kind, kind);
        }
        for (status, intent) in [("active", "plan"), ("unknown", "order"), ("entered-in-error", "order")] {
            let why = request(status, intent, 0, "").0.expect_err("not importable");
            assert!(matches!(why, NotImported::Skipped(_)), "{status} {intent}");
        }
        let forbidden = request("active", "order", 0, r#","doNotPerform":true"#).0;
        assert!(matches!(forbidden, Err(NotImported::Skipped(_))), "{forbidden:?}");
        let why = request("active", "order", 100, "").0.expect_err("not importable");
        assert!(matches!(why, NotImported::Refused(_)));
    }

    #[test]
    fn a_dosage_is_told_whole_or_said_not_to_be_stated() {
        let weekly = dosed(
            r#","dosageInstruction":[{"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"wk"}},"asNeededBoolean":true,
                "route":{"text":"oral"},"doseAndRate":[{"doseQuantity":{"value":5,"unit":"mg"}}]}]"#,
        );
        let weekly = weekly.expect("importable");
        assert_eq!(weekly.dosage.as_str(), "5 mg once a week, as needed, oral");
        assert_eq!(weekly.instructions.as_str(), "5 mg once a week, as needed, oral");
        let unstated = dosed("").expect("importable");
        assert_eq!(
            (unstated.dosage.as_str(), unstated.instructions.as_str()),
            ("not stated", "not stated")
        );
        let steps: Vec<String> = (1..=12)
            .map(|step| format!(r#"{{"sequence":{step},"text":"Take {step} tablets in the morning"}}"#))
            .collect();
        let tapered = dosed(&format!(r#","dosageInstruction":[{}]"#, steps.join(","))).expect("importable");
        assert_eq!(tapered.dosage.as_str(), SEE_INSTRUCTIONS);
        assert!(
            tapered
                .instructions
                .as_str()
                .ends_with("; then Take 12 tablets in the morning")
        );
        let refusal = dosed(r#","dosageInstruction":[{"timing":{"repeat":{"frequency":3}}}]"#).expect_err("refused");
        let reason = "dosageInstruction.timing.repeat.frequency needs a period".to_owned();
        assert_eq!(refusal, NotImported::Refused(reason));
    }

    #[test]
    fn a_medicine_can_be_contained_or_told_by_the_reference() {
        let named = |medication: &str| {
            let (command, _) = read(&format!(
                r#"{{"status":"active","intent":"order","subject":{{"reference":"Patient/a"}},
                    "requester":{{"reference":"Practitioner/p"}},{medication}}}"#
            ));
            command.map(|command| command.medicines.as_slice()[0].name.as_str().to_owned())
        };
        for (medication, name) in [
            (
                r##""medicationReference":{"reference":"#m","display":"Short"},
                    "contained":[{"resourceType":"Medication","id":"m","code":{"text":"Lisinopril 10 MG Oral Tablet"}}]"##,
                "Lisinopril 10 MG Oral Tablet",
            ),
            (
                r#""medicationReference":{"reference":"Medication/m","display":"Lisinopril 10 MG"}"#,
                "Lisinopril 10 MG",
            ),
        ] {
            assert_eq!(named(medication), Ok(name.to_owned()));
        }
        let nameless = named(r#""medicationReference":{"reference":"Medication/m"}"#);
        let reason = "medicationReference does not lead to the name of a medicine".to_owned();
        assert_eq!(nameless, Err(NotImported::Refused(reason)));
    }
}
