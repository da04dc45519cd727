//! The events of an appointment.

use domain::appointment::{
    AppointmentEvent, Arrived, Booked, Cancelled, EnteredInError, Fulfilled, NotesChanged, Overbooked, Reopened,
    Rescheduled,
};

use super::{describe_events, describe_object};

describe_events! {
    AppointmentEvent {
        "appointment.booked" => Booked, "An appointment was booked.";
        "appointment.rescheduled" => Rescheduled, "It was moved to another time.";
        "appointment.arrived" => Arrived, "The patient arrived.";
        "appointment.fulfilled" => Fulfilled, "The patient was seen.";
        "appointment.cancelled" => Cancelled, "It was cancelled.";
        "appointment.missed" => Missed, "The patient did not come.";
        "appointment.reopened" => Reopened, "That it was fulfilled or missed was undone.";
        "appointment.notes-changed" => NotesChanged, "The free text changed: the whole as it stands now.";
        "appointment.entered-in-error" => EnteredInError, "It should never have been recorded.";
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
        "overbooking" => overbooking, "The deliberate departure from the schedule, if it is one.";
    }
}

describe_object! {
    Overbooked {
        "reason" => reason, "Why.";
    }
}

describe_object! {
    Rescheduled {
        "period" => period, "When, as instants. Half open: the end no longer belongs to it.";
        "timeZone" => time_zone, "The practitioner's IANA time zone at the time of rescheduling.";
        "localStart" => local_start, "What the clock on the practitioner's wall is meant to show at the start.";
        "overbooking" => overbooking, "The deliberate departure from the schedule, if it is one.";
    }
}

describe_object! {
    Arrived {
        "arrivedAt" => arrived_at, "When the patient was there.";
    }
}

describe_object! {
    Fulfilled {
        "fulfilledAt" => fulfilled_at, "When it ended.";
    }
}

describe_object! {
    Cancelled {
        "reasonCode" => reason_code, "Why, as a code (FHIR appointment-cancellation-reason).";
        "reasonText" => reason_text, "Why, in words.";
    }
}

describe_object! {
    Reopened {
        "status" => status, "Where it stands again (FHIR Appointment.status).";
    }
}

describe_object! {
    NotesChanged {
        "notes" => notes, "Free text, if there is any left.";
    }
}

describe_object! {
    EnteredInError {
        "reason" => reason, "Why.";
    }
}
