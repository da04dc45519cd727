//! The events of a claim on an e-mail address.

use domain::email_claim::{EmailClaimEvent, Holder};

use super::{describe_events, describe_object};

describe_events! {
    EmailClaimEvent {
        "email-claim.claimed" => Claimed, "A patient took the e-mail address.";
        "email-claim.released" => Released, "The patient gave the e-mail address up.";
    }
}

describe_object! {
    Holder {
        "patientId" => patient_id, "The patient.";
    }
}
