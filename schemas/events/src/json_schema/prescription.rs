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
        "prescription.drafted" => Drafted, "A prescription was written down.";
        "prescription.issued" => Issued, "It was given out.";
        "prescription.amended" => Amended, "What is taken changed: the whole as it stands now.";
        "prescription.held" => Held, "The patient does not take it for a while.";
        "prescription.resumed" => Resumed, "The patient takes it again.";
        "prescription.refill-requested" => RefillRequested, "Another filling was asked for.";
        "prescription.refill-approved" => RefillApproved, "Another filling was granted.";
        "prescription.refill-denied" => RefillDenied, "Another filling was not granted.";
        "prescription.completed" => Completed, "Everything has been taken.";
        "prescription.stopped" => Stopped, "The patient does not take it any more.";
        "prescription.cancelled" => Cancelled, "It was taken back before anything had been taken.";
    }
}

describe_object! {
    Prescribed {
        ..directions;
        "patientId" => patient_id, "The patient.";
        "practitionerId" => practitioner_id, "The practitioner.";
        "appointmentId" => appointment_id, "The appointment that it was prescribed at.";
        "priorPrescriptionId" => prior_prescription_id, "The prescription that it renews.";
    }
}

describe_object! {
    Directions {
        "medicines" => medicines, "What is taken.";
        "refillsRemaining" => refills_remaining, "How often it can be filled again.";
        "notes" => notes, "Free text.";
    }
}

impl Described for Medicines {
    fn schema() -> Value {
        json!({ "type": "array", "items": Medicine::schema(), "minItems": 1, "maxItems": 20 })
    }
}

describe_object! {
    Medicine {
        "name" => name, "What it is called.";
        "dosage" => dosage, "How much is taken at a time.";
        "duration" => duration, "How long it is taken.";
        "instructions" => instructions, "How it is taken.";
        "rxNormCode" => rx_norm_code, "Its concept identifier in RxNorm (RxCUI).";
    }
}

describe_object! {
    StatusReason {
        "reasonCode" => reason_code, "Why, as a code (FHIR medicationrequest-status-reason).";
        "reasonText" => reason_text, "Why, in words.";
    }
}

describe_object! {
    RefillRequested {
        "requestId" => request_id, "What tells the request from every other one of the prescription.";
    }
}

describe_object! {
    RefillApproved {
        "requestId" => request_id, "Which request.";
        "refillsRemaining" => refills_remaining, "How often it can be filled again after this one.";
    }
}

describe_object! {
    RefillDenied {
        "requestId" => request_id, "Which request.";
        "reason" => reason, "Why.";
    }
}
