//! The events of an idempotency key.

use domain::idempotency_key::{IdempotencyKeyEvent, KeyUse, RecordedAnswer};

use super::{describe_events, describe_object};

describe_events! {
    IdempotencyKeyEvent {
        "idempotency-key.used" => Used, "A command was carried out under the key.";
    }
}

describe_object! {
    KeyUse {
        "fingerprint" => fingerprint, "A hash of the request.";
        "dataSubject" => data_subject, "The person whose data the request and the answer are, if they are anyone's.";
        "answer" => answer, "What was answered.";
    }
}

describe_object! {
    RecordedAnswer {
        "status" => status, "The HTTP status.";
        "location" => location, "Where what was made can be found.";
        "version" => version, "The version of the resource.";
        "body" => body, "The body, as it was sent.";
    }
}
