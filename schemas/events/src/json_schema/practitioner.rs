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
        "practitioner.registered" => Registered, "A person became a practitioner.";
        "practitioner.details-changed" => DetailsChanged,
            "What is known of a practitioner changed: the whole as it stands now.";
        "practitioner.availability-set" => AvailabilitySet,
            "They said when they see patients, from a day on: weekly rules on the clock on their wall.";
        "practitioner.time-off-added" => TimeOffAdded, "They said when they are away.";
        "practitioner.time-off-removed" => TimeOffRemoved, "They are not away then after all.";
        "practitioner.deactivated" => Deactivated, "They see nobody new any more.";
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

impl Described for WeeklyAvailability {
    fn schema() -> Value {
        let slot = json!({ "type": "integer", "minimum": 5, "maximum": 720, "examples": [30] });
        let weekly = json!({ "type": "array", "items": WeeklyRule::schema(), "maxItems": 50 });
        object_of(vec![
            limited("slotMinutes", "How long a slot is, in minutes.", slot),
            field::<NaiveDate>(
                "effectiveFrom",
                "The first day that it holds on, in the practitioner's time zone.",
            ),
            limited(
                "weekly",
                "The rules, of which no two overlap. Without any, nobody is seen.",
                weekly,
            ),
            Property {
                name: "offGrid",
                required: false,
                schema: about(
                    "Whether appointments can start between slots. They cannot, if it is not given.",
                    json!({ "type": "boolean" }),
                ),
            },
        ])
    }
}

impl Described for WeeklyRule {
    fn schema() -> Value {
        object_of(vec![
            field::<Weekday>("day", "The day of the week."),
            field::<WallTime>("from", "When it begins."),
            field::<WallTime>(
                "to",
                "When it ends: a time that no longer belongs to it. 24:00 is the end of the day.",
            ),
        ])
    }
}

impl Described for TimeOff {
    fn schema() -> Value {
        object_of(vec![
            field::<Uuid>("timeOffId", "The id it is removed by."),
            field::<DateTime<Utc>>("start", "The first instant away."),
            field::<DateTime<Utc>>("end", "The first instant back."),
        ])
    }
}

describe_object! {
    TimeOffRemoved {
        "timeOffId" => time_off_id, "The time off's id.";
    }
}
