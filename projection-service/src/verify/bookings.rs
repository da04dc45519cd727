//! Verifies the appointments in the log: no two appointments of a practitioner or of a patient overlap, unless one of
//! them was overbooked. It keeps all appointments in memory.

use std::collections::{BTreeMap, HashMap};

use domain::{Decider as _, appointment::Appointment, values::Period};
use events::Event;
use log_reader::{Context, Reader};
use uuid::Uuid;

use super::{Tell, VerifyError};
use crate::{batch::Batch, fold::recorded};

const BATCH_EVENTS: usize = 1_000;
/// The maximum number of overlaps that are listed; all are counted.
const MOST_TOLD: usize = 100;

/// The result of verifying the appointments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookings {
    /// The number of appointments that occupy their time.
    pub appointments: u64,
    /// The number of pairs that overlap illegally.
    pub overlaps: u64,
    /// The first overlaps.
    pub first: Vec<Overlap>,
    /// The number of unreadable appointment events.
    pub unreadable: u64,
}

/// Two overlapping appointments of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The role of the person: `practitioner` or `patient`.
    pub whose: &'static str,
    /// The person's id.
    pub person: Uuid,
    /// The appointments' ids.
    pub appointments: (Uuid, Uuid),
}

impl Bookings {
    /// Whether there are no overlaps and no unreadable events.
    #[must_use]
    pub const fn is_free_of_overlaps(&self) -> bool {
        self.overlaps == 0 && self.unreadable == 0
    }
}

/// Verifies all appointments of the log.
///
/// # Errors
/// The log cannot be followed.
pub async fn verify_bookings(journal: &Reader, tell: Tell<'_>) -> Result<Bookings, VerifyError> {
    let end = journal.status(Context::Scheduling).await?.last_position;
    let mut follower = journal.follow(Context::Scheduling, 0).of_types(&["appointment"]);
    let mut appointments: HashMap<Uuid, Appointment> = HashMap::new();
    let (mut bookings, mut position) = (Bookings::default(), 0);
    while position < end {
        let batch = Batch::fetch(journal, &mut follower, BATCH_EVENTS).await?;
        position = batch.to;
        for event in &batch.concerning {
            match (event, recorded(event).aggregate_id.parse()) {
                (Ok(event), Ok(id)) => {
                    if let Event::Appointment(event) = &event.event {
                        appointments.entry(id).or_default().evolve(event);
                    }
                }
                _ => bookings.unreadable += 1,
            }
        }
        tell(Context::Scheduling.name(), position.min(end), end);
    }
    let held: Vec<Held> = appointments
        .iter()
        .filter_map(|(id, one)| Held::new(*id, one))
        .collect();
    bookings.appointments = held.len() as u64;
    bookings.find("practitioner", &held, |held| held.practitioner);
    bookings.find("patient", &held, |held| held.patient);
    Ok(bookings)
}

/// An appointment that occupies its time.
#[derive(Clone, Copy, Debug)]
struct Held {
    id: Uuid,
    practitioner: Uuid,
    patient: Uuid,
    period: Period,
    is_overbooked: bool,
}

impl Held {
    fn new(id: Uuid, appointment: &Appointment) -> Option<Self> {
        let booked = appointment.booked()?;
        Some(Self {
            id,
            practitioner: booked.practitioner_id,
            patient: booked.patient_id,
            period: appointment.held()?,
            is_overbooked: booked.overbooking.is_some(),
        })
    }
}

impl Bookings {
    /// Finds the overlaps of the people in one role.
    fn find(&mut self, whose: &'static str, held: &[Held], person: impl Fn(&Held) -> Uuid) {
        let mut of_person: BTreeMap<Uuid, Vec<&Held>> = BTreeMap::new();
        for one in held {
            of_person.entry(person(one)).or_default().push(one);
        }
        for (person, mut theirs) in of_person {
            theirs.sort_by_key(|one| (one.period.start(), one.id));
            for (at, one) in theirs.iter().enumerate() {
                let following = theirs.iter().skip(at + 1);
                let overlapping = following.take_while(|other| other.period.start() < one.period.end());
                for other in overlapping.filter(|other| !one.is_overbooked && !other.is_overbooked) {
                    self.overlaps += 1;
                    if self.first.len() < MOST_TOLD {
                        self.first.push(Overlap {
                            whose,
                            person,
                            appointments: (one.id, other.id),
                        });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(id: u128, hour: u32, minutes: i64, is_overbooked: bool) -> Held {
        let start = format!("2027-01-11T{hour:02}:00:00Z").parse().expect("an instant");
        Held {
            id: Uuid::from_u128(id),
            practitioner: Uuid::from_u128(100),
            patient: Uuid::from_u128(id),
            period: Period::parse(start, start + chrono::TimeDelta::minutes(minutes)).expect("a period"),
            is_overbooked,
        }
    }

    fn overlaps(held: &[Held]) -> Vec<(u128, u128)> {
        let mut bookings = Bookings::default();
        bookings.find("practitioner", held, |held| held.practitioner);
        bookings.find("patient", held, |held| held.patient);
        let pair = |overlap: &Overlap| (overlap.appointments.0.as_u128(), overlap.appointments.1.as_u128());
        bookings.first.iter().map(pair).collect()
    }

    #[test]
    fn overlaps_are_found_unless_they_were_overbooked() {
        assert!(
            overlaps(&[held(1, 9, 60, false), held(2, 10, 60, false)]).is_empty(),
            "they touch"
        );
        let long = [held(1, 9, 180, false), held(2, 10, 30, false), held(3, 11, 30, false)];
        assert_eq!(overlaps(&long), [(1, 2), (1, 3)]);
        assert!(overlaps(&[held(1, 9, 60, false), held(2, 9, 30, true)]).is_empty());
    }
}
