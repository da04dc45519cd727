//! The events of a practitioner.

use domain::practitioner::{PractitionerDetails, PractitionerEvent};

use super::{describe_events, describe_object};

describe_events! {
    PractitionerEvent {
        "practitioner.registered" => Registered, "A person became a practitioner.";
    }
}

describe_object! {
    PractitionerDetails {
        "name" => name, "Their name, as one display text (FHIR HumanName.text).";
        "specialty" => specialty, "Their field of work.";
        "timeZone" => time_zone, "The IANA time zone they see patients in.";
        "email" => email, "Their e-mail address, as it was given.";
    }
}
