//! The events of an appointment.

use domain::appointment::{
    AppointmentEvent, Arrived, Booked, Cancelled, EnteredInError, Fulfilled, NotesChanged, Overbooked, Reopened,
    Rescheduled,
};

use super::{describe_events, describe_object};

describe_events! {
    AppointmentEvent {
        "appointment.booked" => Booked, "An appointment was booked.";
        "appointment.rescheduled" => Rescheduled, "The appointment was moved to another time.";
        "appointment.arrived" => Arrived, "The patient arrived.";
        "appointment.fulfilled" => Fulfilled, "The practitioner saw the patient.";
        "appointment.cancelled" => Cancelled, "The appointment was cancelled.";
        "appointment.missed" => Missed, "The patient did not come.";
        "appointment.reopened" => Reopened, "A fulfilment or no-show was undone.";
        "appointment.notes-changed" => NotesChanged, "The notes changed. The event holds the complete new notes.";
        "appointment.entered-in-error" => EnteredInError, "The record was marked as an error.";
    }
}

describe_object! {
    Booked {
        "patientId" => patient_id, "Id of the patient.";
        "practitionerId" => practitioner_id, "Id of the practitioner.";
        "period" => period, "Period, in UTC. The end is exclusive.";
        "timeZone" => time_zone, "IANA time zone of the practitioner at the time of booking.";
        "localStart" => local_start, "Planned start in the practitioner's local time.";
        "reason" => reason, "Reason.";
        "notes" => notes, "Notes, as free text.";
        "origin" => origin, "Origin of the record: booked in advance, or recorded by an import.";
        "overbooking" => overbooking, "Deliberate departure from the schedule; absent for a regular booking.";
    }
}

describe_object! {
    Overbooked {
        "reason" => reason, "Reason.";
    }
}

describe_object! {
    Rescheduled {
        "period" => period, "Period, in UTC. The end is exclusive.";
        "timeZone" => time_zone, "IANA time zone of the practitioner at the time of rescheduling.";
        "localStart" => local_start, "Planned start in the practitioner's local time.";
        "overbooking" => overbooking, "Deliberate departure from the schedule; absent for a regular booking.";
    }
}

describe_object! {
    Arrived {
        "arrivedAt" => arrived_at, "Time of arrival.";
    }
}

describe_object! {
    Fulfilled {
        "fulfilledAt" => fulfilled_at, "End of the visit.";
    }
}

describe_object! {
    Cancelled {
        "reasonCode" => reason_code, "Reason, as a code (FHIR appointment-cancellation-reason).";
        "reasonText" => reason_text, "Reason, in words.";
    }
}

describe_object! {
    Reopened {
        "status" => status, "Status after reopening (FHIR Appointment.status).";
    }
}

describe_object! {
    NotesChanged {
        "notes" => notes, "New notes; absent if they were cleared.";
    }
}

describe_object! {
    EnteredInError {
        "reason" => reason, "Reason.";
    }
}
