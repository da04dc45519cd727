//! The appointments of all people, folded from the log alone, independently of the read models and the decision models.

use std::collections::BTreeMap;

use domain::{
    Decider as _,
    appointment::{Appointment, AppointmentStatus},
    values::Period,
};
use events::Event;
use journal::Context;
use uuid::Uuid;

use crate::Clinic;

/// All appointments of the log, by id.
#[derive(Debug)]
pub struct Agenda(BTreeMap<String, Appointment>);

impl Agenda {
    /// Reads the whole log.
    pub async fn read(clinic: &Clinic) -> Self {
        let mut appointments: BTreeMap<String, Appointment> = BTreeMap::new();
        for event in clinic.typed_events(Context::Scheduling).await {
            if let Event::Appointment(happened) = event.event {
                let appointment = appointments.entry(event.recorded.aggregate_id).or_default();
                appointment.evolve(&happened);
            }
        }
        Self(appointments)
    }

    /// The status of each appointment, by id.
    #[must_use]
    pub fn statuses(&self) -> BTreeMap<String, AppointmentStatus> {
        let standing = self.0.iter();
        standing
            .filter_map(|(id, appointment)| Some((id.clone(), appointment.status()?)))
            .collect()
    }

    /// Checks that no practitioner and no patient has two live appointments at the same time. Returns the number of
    /// live appointments.
    #[track_caller]
    pub fn assert_nobody_is_in_two_places(&self) -> usize {
        let mut held: BTreeMap<Uuid, Vec<(Period, &str)>> = BTreeMap::new();
        let mut live = 0;
        for (id, appointment) in &self.0 {
            let (Some(period), Some(booked)) = (appointment.held(), appointment.booked()) else {
                continue;
            };
            live += 1;
            for party in [booked.practitioner_id, booked.patient_id] {
                held.entry(party).or_default().push((period, id));
            }
        }
        for (party, mut periods) in held {
            periods.sort_unstable_by_key(|(period, _)| period.start());
            for pair in periods.windows(2) {
                let [(one, first), (other, second)] = pair else {
                    continue;
                };
                assert!(
                    one.end() <= other.start(),
                    "{party} is at {first} and {second} at the same time"
                );
            }
        }
        live
    }
}
