//! The events of a prescription.

use domain::{
    prescription::{
        Directions, Prescribed, PrescriptionEvent, RefillApproved, RefillDenied, RefillRequested, StatusReason,
    },
    values::{Medicine, Medicines},
};
use serde_json::{Value, json};

use super::{Described, describe_events, describe_object};

describe_events! {
    PrescriptionEvent {
        "prescription.drafted" => Drafted, "A prescription was drafted.";
        "prescription.issued" => Issued, "The prescription was issued.";
        "prescription.amended" => Amended, "The directions changed. The event holds all of them.";
        "prescription.held" => Held, "The medication was suspended.";
        "prescription.resumed" => Resumed, "The medication was resumed.";
        "prescription.refill-requested" => RefillRequested, "A refill was requested.";
        "prescription.refill-approved" => RefillApproved, "A refill request was approved.";
        "prescription.refill-denied" => RefillDenied, "A refill request was denied.";
        "prescription.completed" => Completed, "The patient has taken everything.";
        "prescription.stopped" => Stopped, "The medication was stopped for good.";
        "prescription.cancelled" => Cancelled, "The prescription was withdrawn before the patient took anything.";
    }
}

describe_object! {
    Prescribed {
        ..directions;
        "patientId" => patient_id, "Id of the patient.";
        "practitionerId" => practitioner_id, "Id of the practitioner.";
        "appointmentId" => appointment_id, "Id of the appointment at which it was prescribed.";
        "priorPrescriptionId" => prior_prescription_id, "Id of the renewed prescription.";
    }
}

describe_object! {
    Directions {
        "medicines" => medicines, "Medicines.";
        "refillsRemaining" => refills_remaining, "Number of remaining refills.";
        "notes" => notes, "Notes, as free text.";
    }
}

impl Described for Medicines {
    fn schema() -> Value {
        json!({ "type": "array", "items": Medicine::schema(), "minItems": 1, "maxItems": 20 })
    }
}

describe_object! {
    Medicine {
        "name" => name, "Name.";
        "dosage" => dosage, "Dose.";
        "duration" => duration, "Duration of the treatment.";
        "instructions" => instructions, "Instructions for the patient.";
        "rxNormCode" => rx_norm_code, "RxNorm concept identifier (RxCUI).";
    }
}

describe_object! {
    StatusReason {
        "reasonCode" => reason_code, "Reason, as a code (FHIR medicationrequest-status-reason).";
        "reasonText" => reason_text, "Reason, in words.";
    }
}

describe_object! {
    RefillRequested {
        "requestId" => request_id, "Id of the refill request, unique within the prescription.";
    }
}

describe_object! {
    RefillApproved {
        "requestId" => request_id, "Id of the refill request.";
        "refillsRemaining" => refills_remaining, "Number of refills that remain after this one.";
    }
}

describe_object! {
    RefillDenied {
        "requestId" => request_id, "Id of the refill request.";
        "reason" => reason, "Reason.";
    }
}
