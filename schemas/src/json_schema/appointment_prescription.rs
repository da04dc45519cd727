//! The events of what stands against an appointment: the one live prescription that it can have.

use domain::appointment_prescription::{AppointmentPrescriptionEvent, ClaimingPrescription};

use super::{describe_events, describe_object};

describe_events! {
    AppointmentPrescriptionEvent {
        "appointment-prescription.claimed" => Claimed, "A prescription was made at the appointment.";
        "appointment-prescription.released" => Released, "The prescription does not stand against it any more.";
    }
}

describe_object! {
    ClaimingPrescription {
        "prescriptionId" => prescription_id, "The prescription.";
    }
}
