//! The events of a patient.

use domain::patient::{Deceased, Demographics, PatientEvent, RecordedDemographics};

use super::{describe_events, describe_object};

describe_events! {
    PatientEvent {
        "patient.registered" => Registered, "A person became a patient.";
        "patient.demographics-changed" => DemographicsChanged,
            "What is known of a patient changed: the whole as it stands now.";
        "patient.deactivated" => Deactivated, "The patient was deactivated.";
        "patient.reactivated" => Reactivated, "The patient was activated again.";
        "patient.deceased" => Deceased, "The patient died, or the time of death changed.";
        "patient.death-entered-in-error" => DeathEnteredInError, "The death was recorded in error.";
        "patient.erased" => Erased, "The patient was erased.";
    }
}

describe_object! {
    RecordedDemographics {
        ..demographics;
        "emailHash" => email_hash,
            "A keyed hash of their e-mail address, by which no two patients hold the same one. Absent where they have no \
             address.";
        "identifierHashes" => identifier_hashes,
            "Keyed hashes of their identifiers, in the same order, by which no two patients hold the same one of a system \
             that is declared unique.";
    }
}

describe_object! {
    Demographics {
        "name" => name, "Their name, as one display text (FHIR HumanName.text).";
        "dateOfBirth" => date_of_birth,
            "The day they were born, or the month or year that it lies in, as precisely as it is known (FHIR date).";
        "email" => email, "Their e-mail address, as it was given.";
        "phone" => phone, "Their telephone number, as it was given.";
        "address" => address, "Their postal address, as one display text (FHIR Address.text).";
        "gender" => gender, "Their administrative gender (FHIR administrative-gender).";
        "identifiers" => identifiers,
            "Their business identifiers, such as a medical record number: at most one of each system.";
    }
}

describe_object! {
    Deceased {
        "deceasedAt" => deceased_at,
            "The time of death, if it is known: an instant, a day, a month or a year (FHIR deceasedDateTime).";
    }
}
