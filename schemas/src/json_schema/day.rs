//! The events of a resource's day, which guards against double bookings.

use domain::day::{DayEvent, Reservation};

use super::{describe_events, describe_object};

describe_events! {
    DayEvent {
        "day.reserved" => Reserved, "An interval was reserved on one practitioner's or patient's UTC day.";
        "day.overbooked" => Overbooked, "An interval was reserved beside others, deliberately.";
        "day.released" => Released, "An interval was given up.";
    }
}

describe_object! {
    Reservation {
        "appointmentId" => appointment_id, "The appointment that holds the interval.";
        "period" => period, "When. It may reach beyond the day's own bounds.";
    }
}
