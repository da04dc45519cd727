//! The events of an appointment.

use domain::appointment::{AppointmentEvent, Booked, Fulfilled};

use super::{describe_events, describe_object};

describe_events! {
    AppointmentEvent {
        "appointment.booked" => Booked, "An appointment was booked.";
        "appointment.fulfilled" => Fulfilled, "The patient was seen.";
    }
}

describe_object! {
    Booked {
        "patientId" => patient_id, "The patient.";
        "practitionerId" => practitioner_id, "The practitioner.";
        "period" => period, "When, as instants. Half open: the end no longer belongs to it.";
        "timeZone" => time_zone, "The practitioner's IANA time zone at the time of booking.";
        "localStart" => local_start, "What the clock on the practitioner's wall is meant to show at the start.";
        "reason" => reason, "Why.";
        "notes" => notes, "Free text.";
        "origin" => origin, "How it came about: booked ahead of time, or recorded from history.";
    }
}

describe_object! {
    Fulfilled {
        "fulfilledAt" => fulfilled_at, "When it ended.";
    }
}
