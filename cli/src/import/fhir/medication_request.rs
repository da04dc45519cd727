//! FHIR `MedicationRequest`: one medicine each. The requests with the same encounter, patient, requester and status become
//! one prescription.

use commands::{Prescribe, PrescriptionKind};
use domain::values::{Dosage, Instructions, Medicine, MedicineName, Medicines, Refills, RxNormCode, TreatmentDuration};
use serde::Deserialize;
use uuid::Uuid;

use super::{CodeableConcept, NotImported, Reference, local_id, referenced, refused};

/// The coding system of RxNorm.
const RX_NORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
/// The duration that is recorded if a resource does not state one.
const NOT_STATED: &str = "not stated";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::import) struct MedicationRequest {
    id: String,
    status: String,
    intent: String,
    #[serde(default)]
    do_not_perform: bool,
    medication_codeable_concept: Option<CodeableConcept>,
    subject: Option<Reference>,
    encounter: Option<Reference>,
    requester: Option<Reference>,
    #[serde(default)]
    dosage_instruction: Vec<DosageInstruction>,
    dispense_request: Option<DispenseRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DosageInstruction {
    text: Option<String>,
    #[serde(default)]
    dose_and_rate: Vec<DoseAndRate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DoseAndRate {
    dose_quantity: Option<Quantity>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DispenseRequest {
    number_of_repeats_allowed: Option<u32>,
    expected_supply_duration: Option<Quantity>,
}

#[derive(Debug, Deserialize)]
struct Quantity {
    value: Option<f64>,
    unit: Option<String>,
}

/// The key of the requests that form one prescription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::import) struct Group {
    /// The encounter, or else the request itself.
    occasion: String,
    appointment_id: Option<Uuid>,
    patient_id: Uuid,
    practitioner_id: Uuid,
    kind: PrescriptionKind,
}

/// One medicine of a prescription.
#[derive(Clone, Debug)]
pub(in crate::import) struct Part {
    id: String,
    medicine: Medicine,
    refills: Refills,
}

impl MedicationRequest {
    /// The medicine, and the group of its prescription.
    ///
    /// # Errors
    /// It is not an active, completed or stopped order, or an element is missing or invalid.
    pub(in crate::import) fn part(&self) -> Result<(Group, Part), NotImported> {
        if !self.intent.ends_with("order") || self.do_not_perform {
            return Err(NotImported::Skipped("not an order to take something".to_owned()));
        }
        let kind = self
            .kind()
            .ok_or_else(|| NotImported::Skipped("neither active, completed nor stopped".to_owned()))?;
        let patient = self.subject.as_ref().and_then(|subject| referenced(subject, "Patient"));
        let requester = self.requester.as_ref().and_then(|who| referenced(who, "Practitioner"));
        let encounter = self
            .encounter
            .as_ref()
            .and_then(|encounter| encounter.reference.clone());
        let appointment = self
            .encounter
            .as_ref()
            .and_then(|encounter| referenced(encounter, "Encounter"));
        let group = Group {
            occasion: encounter.unwrap_or_else(|| format!("MedicationRequest/{}", self.id)),
            appointment_id: appointment,
            patient_id: patient.ok_or_else(|| refused("subject", "must refer to a patient"))?,
            practitioner_id: requester.ok_or_else(|| refused("requester", "must refer to a practitioner"))?,
            kind,
        };
        let repeats = self
            .dispense_request
            .as_ref()
            .and_then(|dispense| dispense.number_of_repeats_allowed);
        let part = Part {
            id: self.id.clone(),
            medicine: self.medicine()?,
            refills: Refills::parse(repeats.unwrap_or_default())
                .map_err(|why| refused("dispenseRequest.numberOfRepeatsAllowed", why))?,
        };
        Ok((group, part))
    }

    /// The kind of prescription; `None` if the status is not imported.
    fn kind(&self) -> Option<PrescriptionKind> {
        match self.status.as_str() {
            "active" => Some(PrescriptionKind::Active),
            "completed" => Some(PrescriptionKind::Completed),
            "stopped" => Some(PrescriptionKind::Stopped),
            _ => None,
        }
    }

    fn medicine(&self) -> Result<Medicine, NotImported> {
        let concept = self.medication_codeable_concept.as_ref();
        let name = concept.and_then(CodeableConcept::display).unwrap_or_default();
        let dosage = self.dosage_instruction.first();
        let text = dosage.and_then(|dosage| dosage.text.clone());
        let dose = dosage.and_then(|dosage| dosage.dose_and_rate.iter().find_map(|dose| dose.dose_quantity.as_ref()));
        let taken = dose
            .and_then(Quantity::display)
            .or_else(|| text.clone())
            .ok_or_else(|| refused("dosageInstruction", "must contain a dose or a text"))?;
        let supply = self
            .dispense_request
            .as_ref()
            .and_then(|dispense| dispense.expected_supply_duration.as_ref());
        let duration = supply
            .and_then(Quantity::display)
            .unwrap_or_else(|| NOT_STATED.to_owned());
        let code = concept.and_then(|concept| {
            let codings = concept.coding.iter();
            let mut of_rx_norm = codings.filter(|coding| coding.system.as_deref() == Some(RX_NORM));
            of_rx_norm.find_map(|coding| coding.code.clone())
        });
        Ok(Medicine {
            name: MedicineName::parse(&name).map_err(|why| refused("medicationCodeableConcept", why))?,
            instructions: Instructions::parse(text.as_deref().unwrap_or(&taken))
                .map_err(|why| refused("dosageInstruction.text", why))?,
            dosage: Dosage::parse(&taken).map_err(|why| refused("dosageInstruction.doseAndRate", why))?,
            duration: TreatmentDuration::parse(&duration)
                .map_err(|why| refused("dispenseRequest.expectedSupplyDuration", why))?,
            rx_norm_code: code
                .map(|code| RxNormCode::parse(&code))
                .transpose()
                .map_err(|why| refused("medicationCodeableConcept.coding", why))?,
        })
    }
}

impl Quantity {
    /// For example `15 mg` or `30 days`.
    fn display(&self) -> Option<String> {
        let unit = match self.unit.as_deref()? {
            "h" => "hours",
            "d" => "days",
            "wk" => "weeks",
            "mo" => "months",
            "a" => "years",
            unit => unit,
        };
        self.value.map(|value| format!("{value} {unit}"))
    }
}

impl Group {
    /// The commands that record the prescription, one for each [`Medicines::MOST`] medicines. Only the first one names the
    /// appointment. The refills are the minimum over the medicines. The prescription's id derives from the smallest request
    /// id, so that another order in the file or another status yields the same id.
    pub(in crate::import) fn commands<T>(&self, mut parts: Vec<(T, Part)>) -> Vec<(Vec<T>, Prescribe)> {
        let mut commands = Vec::new();
        parts.sort_by(|(_, one), (_, other)| one.id.cmp(&other.id));
        let mut parts = parts.into_iter().peekable();
        while parts.peek().is_some() {
            let (places, some): (Vec<T>, Vec<Part>) = parts.by_ref().take(Medicines::MOST).unzip();
            let id = some.first().map(|part| local_id("Prescription", &part.id));
            let refills = some.iter().map(|part| part.refills).min().unwrap_or_default();
            // `some` has at least one medicine, and no more than a prescription can hold.
            let medicines = some.into_iter().map(|part| part.medicine).collect();
            if let Some((id, medicines)) = id.zip(Medicines::parse(medicines).ok()) {
                let appointment_id = self.appointment_id.filter(|_| commands.is_empty());
                commands.push((places, self.command(id, appointment_id, medicines, refills)));
            }
        }
        commands
    }

    fn command(&self, id: Uuid, appointment_id: Option<Uuid>, medicines: Medicines, refills: Refills) -> Prescribe {
        Prescribe {
            id,
            patient_id: self.patient_id,
            practitioner_id: self.practitioner_id,
            appointment_id,
            renews: None,
            medicines,
            refills,
            notes: None,
            kind: self.kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: &str, status: &str, intent: &str, repeats: u32) -> MedicationRequest {
        let json = format!(
            r#"{{"id":"{id}","status":"{status}","intent":"{intent}",
                "medicationCodeableConcept":{{"text":"Lansoprazole",
                    "coding":[{{"system":"{RX_NORM}","code":"17128"}}]}},
                "subject":{{"reference":"Patient/pt-1"}},"encounter":{{"reference":"Encounter/enc-1"}},
                "requester":{{"reference":"Practitioner/DR-1"}},
                "dosageInstruction":[{{"text":"15mg PO DAILY",
                    "doseAndRate":[{{"doseQuantity":{{"value":15.0,"unit":"mg"}}}}]}}],
                "dispenseRequest":{{"numberOfRepeatsAllowed":{repeats},
                    "expectedSupplyDuration":{{"value":30,"unit":"d"}}}}}}"#
        );
        serde_json::from_str(&json).expect("a resource")
    }

    #[test]
    fn the_requests_of_one_encounter_are_one_prescription_against_its_appointment() {
        let parts = [
            request("a", "active", "order", 3),
            request("b", "active", "instance-order", 0),
        ];
        let parts = parts.map(|request| request.part().expect("importable"));
        let [(group, first), (other, second)] = parts;
        assert_eq!(group, other);
        let mut commands = group.commands(vec![(1, first), (2, second)]);
        let (places, command) = commands.pop().expect("one");
        assert!(commands.is_empty() && places == [1, 2]);
        assert_eq!(command.appointment_id, Some(local_id("Encounter", "enc-1")));
        assert_eq!(command.refills, Refills::NONE, "none that one of them does not allow");
        let medicine = &command.medicines.as_slice()[0];
        assert_eq!(
            (medicine.dosage.as_str(), medicine.duration.as_str()),
            ("15 mg", "30 days")
        );
        assert_eq!(medicine.instructions.as_str(), "15mg PO DAILY");
    }

    #[test]
    fn more_medicines_than_a_prescription_holds_are_several_of_which_one_stands_against_the_appointment() {
        let (group, part) = request("a", "active", "order", 0).part().expect("importable");
        let numbered = |place: usize| Part {
            id: format!("{place:02}"),
            ..part.clone()
        };
        let commands = group.commands((0..21).rev().map(|place| (place, numbered(place))).collect());
        let sizes: Vec<usize> = commands.iter().map(|(places, _)| places.len()).collect();
        assert_eq!(sizes, [20, 1]);
        assert!(commands[0].1.appointment_id.is_some() && commands[1].1.appointment_id.is_none());
        let ids: Vec<Uuid> = commands.iter().map(|(_, command)| command.id).collect();
        assert_eq!(
            ids,
            ["00", "20"].map(|first| local_id("Prescription", first)),
            "whatever order they stand in"
        );
    }

    #[test]
    fn what_ended_is_history_and_what_was_never_ordered_is_skipped() {
        let kind = |status| {
            let (group, part) = request("a", status, "order", 0).part().expect("importable");
            group.commands(vec![((), part)])[0].1.kind
        };
        assert_eq!(kind("completed"), PrescriptionKind::Completed);
        assert_eq!(kind("stopped"), PrescriptionKind::Stopped);
        for (status, intent) in [("active", "plan"), ("draft", "order"), ("entered-in-error", "order")] {
            let why = request("a", status, intent, 0).part().expect_err("not importable");
            assert!(matches!(why, NotImported::Skipped(_)), "{status} {intent}");
        }
        let why = request("a", "active", "order", 100).part().expect_err("not importable");
        assert!(matches!(why, NotImported::Refused(_)));
    }
}
