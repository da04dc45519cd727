//! The events of a practitioner.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    practitioner::{PractitionerDetails, PractitionerEvent, TimeOffRemoved},
    values::{TimeOff, WallTime, Weekday, WeeklyAvailability, WeeklyRule},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Described, Property, about, describe_events, describe_object, field, limited, object_of};

describe_events! {
    PractitionerEvent {
        "practitioner.registered" => Registered, "A practitioner was registered.";
        "practitioner.details-changed" => DetailsChanged,
            "The details changed. The event holds all of them.";
        "practitioner.availability-set" => AvailabilitySet,
            "Weekly working hours were set, from a day on, in the practitioner's local time.";
        "practitioner.time-off-added" => TimeOffAdded, "Time off was added.";
        "practitioner.time-off-removed" => TimeOffRemoved, "Time off was removed.";
        "practitioner.deactivated" => Deactivated, "The practitioner was deactivated and accepts no new appointments.";
    }
}

describe_object! {
    PractitionerDetails {
        "name" => name, "Name, as one display text (FHIR HumanName.text).";
        "specialty" => specialty, "Medical specialty.";
        "timeZone" => time_zone, "IANA time zone of the working hours.";
        "email" => email, "E-mail address, as entered.";
    }
}

impl Described for WeeklyAvailability {
    fn schema() -> Value {
        let slot = json!({ "type": "integer", "minimum": 5, "maximum": 720, "examples": [30] });
        let weekly = json!({ "type": "array", "items": WeeklyRule::schema(), "maxItems": 50 });
        object_of(vec![
            limited("slotMinutes", "Length of a slot, in minutes.", slot),
            field::<NaiveDate>(
                "effectiveFrom",
                "First day on which the hours apply, in the practitioner's time zone.",
            ),
            limited(
                "weekly",
                "Weekly rules, which do not overlap. An empty list means no working hours.",
                weekly,
            ),
            Property {
                name: "offGrid",
                required: false,
                schema: about(
                    "Whether appointments can start between slots. They cannot, if it is not given.",
                    json!({ "type": "boolean", "examples": [true] }),
                ),
            },
        ])
    }
}

impl Described for WeeklyRule {
    fn schema() -> Value {
        object_of(vec![
            field::<Weekday>("day", "Day of the week."),
            field::<WallTime>("from", "Start, in local time."),
            field::<WallTime>("to", "End (exclusive), in local time. 24:00 is the end of the day."),
        ])
    }
}

impl Described for TimeOff {
    fn schema() -> Value {
        object_of(vec![
            field::<Uuid>("timeOffId", "Id of the time off, unique within the practitioner."),
            field::<DateTime<Utc>>("start", "Start."),
            field::<DateTime<Utc>>("end", "End (exclusive)."),
        ])
    }
}

describe_object! {
    TimeOffRemoved {
        "timeOffId" => time_off_id, "Id of the removed time off.";
    }
}
