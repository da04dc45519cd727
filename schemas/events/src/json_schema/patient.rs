//! The events of a patient.

use domain::patient::{Deceased, Demographics, PatientEvent, RecordedDemographics};

use super::{describe_events, describe_object};

describe_events! {
    PatientEvent {
        "patient.registered" => Registered, "A patient was registered.";
        "patient.demographics-changed" => DemographicsChanged,
            "The demographics changed. The event holds all of them.";
        "patient.deactivated" => Deactivated, "The patient was deactivated.";
        "patient.reactivated" => Reactivated, "The patient was reactivated.";
        "patient.deceased" => Deceased, "The patient died, or the time of death changed.";
        "patient.death-entered-in-error" => DeathEnteredInError, "The death was recorded in error.";
        "patient.erased" => Erased, "The patient was erased.";
    }
}

describe_object! {
    RecordedDemographics {
        ..demographics;
        "emailHash" => email_hash,
            "Keyed hash of the e-mail address, which keeps addresses unique among patients. Absent without an \
             address.";
        "identifierHashes" => identifier_hashes,
            "Keyed hashes of their identifiers, in the same order, by which no two patients hold the same one of a system \
             that is declared unique.";
    }
}

describe_object! {
    Demographics {
        "name" => name, "Name, as one display text (FHIR HumanName.text).";
        "dateOfBirth" => date_of_birth,
            "Date of birth: a day, or only its month or year, as precise as it is known (FHIR date).";
        "email" => email, "E-mail address, as entered.";
        "phone" => phone, "Telephone number, as entered.";
        "address" => address, "Postal address, as one display text (FHIR Address.text).";
        "gender" => gender, "Administrative gender (FHIR administrative-gender).";
        "identifiers" => identifiers,
            "Business identifiers, such as a medical record number; at most one of each system.";
    }
}

describe_object! {
    Deceased {
        "deceasedAt" => deceased_at,
            "The time of death, if it is known: an instant, a day, a month or a year (FHIR deceasedDateTime).";
    }
}
