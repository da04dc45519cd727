//! The work of one practitioner, day by day: registrations, bookings and their outcomes. It computes the expected rows
//! from its own decisions, not from stored events.
//!
//! An appointment is days after its booking, so its events are far apart in the stream, as in a real clinic.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use domain::{
    Bare,
    appointment::{Appointment, AppointmentEvent, Arrived, Booked, Cancelled, Fulfilled, Origin, Rescheduled},
    patient::{Demographics, Patient, PatientEvent, RecordedDemographics},
    practitioner::{Practitioner, PractitionerEvent},
    values::{CancellationReason, EmailHash, Notes, Period, Reason, TimeZone},
};
use fastrand::Rng;
use journal::{Context, Journal};
use platform::new_id;
use uuid::Uuid;

use super::{batch::Batch, people, reference::Reference};

/// The number of patients on the first day, and of bookings per day.
const FIRST_PATIENTS: usize = 8;
const BOOKED_A_DAY: usize = 6;
/// The maximum number of days between a booking and its appointment.
const AHEAD_DAYS: u64 = 20;
const SLOT_MINUTES: i64 = 15;

struct Person {
    id: Uuid,
    known: Demographics,
    is_active: bool,
}

#[derive(Clone, Copy)]
struct Visit {
    id: Uuid,
    patient_id: Uuid,
    period: Period,
}

/// A practitioner and their future appointments.
pub(super) struct Practice {
    id: Uuid,
    rng: Rng,
    now: DateTime<Utc>,
    /// The number for the next patient's e-mail address.
    number: u64,
    people: Vec<Person>,
    ahead: BTreeMap<NaiveDate, Vec<Visit>>,
    /// The number of assigned slots of each day. No slot is assigned twice.
    taken: HashMap<NaiveDate, i64>,
    pub(super) reference: Reference,
}

impl Practice {
    pub(super) fn new(number: u64) -> anyhow::Result<Self> {
        Ok(Self {
            id: new_id(),
            rng: Rng::with_seed(number),
            now: people::opening()?,
            number: number * 1_000_000,
            people: Vec::new(),
            ahead: BTreeMap::new(),
            taken: HashMap::new(),
            reference: Reference::default(),
        })
    }

    /// Opens the practice. Returns the number of events.
    pub(super) async fn open(&mut self, journal: &Journal) -> anyhow::Result<u64> {
        let mut batch = Batch::new(journal, Context::Scheduling, self.now);
        let registered = PractitionerEvent::Registered(people::practitioner(&mut self.rng)?);
        batch.add::<Practitioner>(&self.id.to_string(), registered);
        let mut patients = Batch::new(journal, Context::Patients, self.now);
        for _ in 0..FIRST_PATIENTS {
            self.register(&mut patients).await?;
        }
        Ok(batch.commit().await? + patients.commit().await?)
    }

    /// Works through a day. Returns the number of events.
    pub(super) async fn work_a_day(&mut self, journal: &Journal) -> anyhow::Result<u64> {
        let mut events = self.see_to_people(journal).await?;
        events += self.book_ahead(journal).await?;
        let visits = self.ahead.remove(&self.now.date_naive()).unwrap_or_default();
        let (coming, not_coming) = visits.split_at(visits.len() - visits.len() / 8);
        events += self.receive(journal, coming).await?;
        events += self.let_go(journal, not_coming).await?;
        events += self.see(journal, coming).await?;
        self.now += TimeDelta::days(1);
        Ok(events)
    }

    async fn see_to_people(&mut self, journal: &Journal) -> anyhow::Result<u64> {
        let mut batch = Batch::new(journal, Context::Patients, self.now);
        if self.rng.u8(0..10) < 6 {
            self.register(&mut batch).await?;
        }
        // The patient who was just registered is the last one, and already has an event in this batch.
        let at = self.rng.usize(0..FIRST_PATIENTS.min(self.people.len()));
        match self.rng.u8(0..100) {
            0..30 => {
                let known = people::moved(&self.people[at].known, &mut self.rng)?;
                let event = PatientEvent::DemographicsChanged(recorded(known.clone()));
                batch.add::<Patient>(&self.people[at].id.to_string(), event);
                self.reference.knows(self.people[at].id, &known);
                self.people[at].known = known;
            }
            30..34 => {
                let person = &mut self.people[at];
                person.is_active = !person.is_active;
                let event = match person.is_active {
                    true => PatientEvent::Reactivated(Bare {}),
                    false => PatientEvent::Deactivated(Bare {}),
                };
                batch.add::<Patient>(&person.id.to_string(), event);
                self.reference.counts(person.id);
            }
            _ => {}
        }
        batch.commit().await
    }

    async fn register(&mut self, batch: &mut Batch<'_>) -> anyhow::Result<()> {
        let (id, number) = (new_id(), self.number);
        self.number += 1;
        let known = people::demographics(number, &mut self.rng, self.now)?;
        batch.add::<Patient>(&id.to_string(), PatientEvent::Registered(recorded(known.clone())));
        self.reference.knows(id, &known);
        self.people.push(Person {
            id,
            known,
            is_active: true,
        });
        Ok(())
    }

    async fn book_ahead(&mut self, journal: &Journal) -> anyhow::Result<u64> {
        let mut batch = Batch::new(journal, Context::Scheduling, self.now);
        for _ in 0..BOOKED_A_DAY {
            let person = &self.people[self.rng.usize(..self.people.len())];
            let patient_id = person.id;
            if !person.is_active {
                continue;
            }
            let visit = Visit {
                id: new_id(),
                patient_id,
                period: self.slot()?,
            };
            let booked = self.booked(&visit)?;
            self.reference.books(visit.id, &booked, self.now);
            batch.add::<Appointment>(&visit.id.to_string(), AppointmentEvent::Booked(booked));
            self.ahead
                .entry(visit.period.start().date_naive())
                .or_default()
                .push(visit);
        }
        self.move_one(&mut batch).await?;
        batch.commit().await
    }

    /// On most days, one of tomorrow's visits is moved.
    async fn move_one(&mut self, batch: &mut Batch<'_>) -> anyhow::Result<()> {
        let tomorrow = self.now.date_naive() + Days::new(1);
        // Appointments that were booked today are last, and already have an event in this batch.
        let today = self.now;
        let found = self.ahead.get_mut(&tomorrow).and_then(|visits| {
            let at = visits
                .iter()
                .position(|visit| self.reference.booked_before(visit.id, today))?;
            Some(visits.remove(at))
        });
        let Some(visit) = found else { return Ok(()) };
        let period = self.slot()?;
        let rescheduled = Rescheduled {
            period,
            time_zone: time_zone()?,
            local_start: period.start().naive_utc(),
            overbooking: None,
        };
        self.reference.moves(visit.id, &rescheduled, self.now);
        batch.add::<Appointment>(&visit.id.to_string(), AppointmentEvent::Rescheduled(rescheduled));
        let moved = Visit { period, ..visit };
        self.ahead.entry(period.start().date_naive()).or_default().push(moved);
        Ok(())
    }

    async fn receive(&mut self, journal: &Journal, visits: &[Visit]) -> anyhow::Result<u64> {
        let mut batch = Batch::new(journal, Context::Scheduling, self.now + TimeDelta::hours(1));
        for visit in visits {
            let arrived = Arrived {
                arrived_at: visit.period.start() - TimeDelta::minutes(5),
            };
            self.reference
                .receives(visit.id, &arrived, self.now + TimeDelta::hours(1));
            batch.add::<Appointment>(&visit.id.to_string(), AppointmentEvent::Arrived(arrived));
        }
        batch.commit().await
    }

    async fn see(&mut self, journal: &Journal, visits: &[Visit]) -> anyhow::Result<u64> {
        let mut batch = Batch::new(journal, Context::Scheduling, self.now + TimeDelta::hours(6));
        for visit in visits {
            let fulfilled = Fulfilled {
                fulfilled_at: visit.period.end(),
            };
            self.reference
                .sees(visit.id, &fulfilled, self.now + TimeDelta::hours(6));
            batch.add::<Appointment>(&visit.id.to_string(), AppointmentEvent::Fulfilled(fulfilled));
        }
        batch.commit().await
    }

    /// Cancellations by patients.
    async fn let_go(&mut self, journal: &Journal, visits: &[Visit]) -> anyhow::Result<u64> {
        let now = self.now + TimeDelta::hours(2);
        let mut batch = Batch::new(journal, Context::Scheduling, now);
        for visit in visits {
            let cancelled = Cancelled {
                reason_code: CancellationReason::OtherWeather,
                reason_text: Some(Reason::parse("Snow on the pass").map_err(people::refused)?),
            };
            self.reference.cancels(visit.id, &cancelled, now);
            batch.add::<Appointment>(&visit.id.to_string(), AppointmentEvent::Cancelled(cancelled));
        }
        batch.commit().await
    }

    fn booked(&mut self, visit: &Visit) -> anyhow::Result<Booked> {
        let notes = match self.rng.u8(0..3) {
            0 => Some(Notes::parse("Brings the results of the last blood test.").map_err(people::refused)?),
            _ => None,
        };
        Ok(Booked {
            patient_id: visit.patient_id,
            practitioner_id: self.id,
            period: visit.period,
            time_zone: time_zone()?,
            local_start: visit.period.start().naive_utc(),
            reason: Some(Reason::parse("Annual check-up").map_err(people::refused)?),
            notes,
            origin: Origin::Booked,
            overbooking: None,
        })
    }

    /// The next free slot of a future day.
    fn slot(&mut self) -> anyhow::Result<Period> {
        let date = self.now.date_naive() + Days::new(self.rng.u64(2..=AHEAD_DAYS));
        let taken = self.taken.entry(date).or_default();
        let start = date.and_hms_opt(9, 0, 0).unwrap_or_default().and_utc() + TimeDelta::minutes(*taken * SLOT_MINUTES);
        *taken += 1;
        Period::parse(start, start + TimeDelta::minutes(SLOT_MINUTES)).map_err(people::refused)
    }
}

/// The demographics of a patient as recorded, with an arbitrary hash of the address.
fn recorded(known: Demographics) -> RecordedDemographics {
    RecordedDemographics::new(known, |email| {
        let mut hash = [0; 32];
        for (at, byte) in email.as_str().bytes().enumerate() {
            hash[at % 32] ^= byte.rotate_left((at / 32) as u32);
        }
        EmailHash::new(hash)
    })
}

fn time_zone() -> anyhow::Result<TimeZone> {
    TimeZone::parse("UTC").map_err(people::refused)
}
