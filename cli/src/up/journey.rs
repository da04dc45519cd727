//! The commands that `up --demo` prints, with ids from the demo clinic.

use chrono::{DateTime, Days, SecondsFormat, TimeDelta, Timelike as _, Utc};
use uuid::Uuid;

use crate::import::{self, Report};

/// The data for the commands to try on the demo clinic.
#[derive(Debug)]
pub(super) struct Journey {
    http: String,
    story: String,
    patient_id: Uuid,
    practitioner_id: Uuid,
    start: DateTime<Utc>,
}

impl Journey {
    pub(super) fn new(report: &Report, http: &str, now: DateTime<Utc>) -> Self {
        let story = import::RESOURCE_TYPES.iter().zip([
            "patients",
            "practitioners",
            "past appointments",
            "prescribed medicines",
        ]);
        let story = story.map(|(kind, plural)| {
            let tally = report.tally(kind);
            format!("{} {plural}", tally.imported + tally.already_there)
        });
        let (patient_id, practitioner_id) = import::demo_pair();
        Self {
            http: http.to_owned(),
            story: format!(
                "The demo clinic is loaded: {}.\n\n",
                story.collect::<Vec<_>>().join(", ")
            ),
            patient_id,
            practitioner_id,
            start: start_tomorrow(now),
        }
    }

    /// The patient and the practitioner of the commands.
    pub(super) const fn pair(&self) -> (Uuid, Uuid) {
        (self.patient_id, self.practitioner_id)
    }

    pub(super) fn story(&self) -> String {
        self.story.clone()
    }

    pub(super) fn commands(&self) -> String {
        let Self {
            http,
            patient_id,
            practitioner_id,
            start,
            ..
        } = self;
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (from, end) = (text(*start), text(*start + TimeDelta::minutes(15)));
        format!(
            "  List the patients:\n  curl '{http}/api/patients?sort=name,asc&size=5'\n\n  Book an appointment (the second \
             time, the slot is taken):\n  curl -i {http}/api/appointments -H 'Content-Type: application/json' \\\n    \
             -d '{{\"patientId\":\"{patient_id}\",\"practitionerId\":\"{practitioner_id}\",\"startTime\":\"{from}\",\
             \"endTime\":\"{end}\",\"reason\":\"Annual check-up\"}}'\n\n  Show the booking with its patient and practitioner:\n  \
             curl '{http}/api/appointments?from={from}'\n"
        )
    }
}

/// The current time tomorrow, to the minute, so that a command printed later books another slot.
fn start_tomorrow(now: DateTime<Utc>) -> DateTime<Utc> {
    let tomorrow = now.checked_add_days(Days::new(1)).unwrap_or(now);
    tomorrow
        .with_second(0)
        .and_then(|time| time.with_nanosecond(0))
        .unwrap_or(tomorrow)
}
