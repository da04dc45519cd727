//! A day's visits in chronological order: patients arrive and are seen, or do not attend.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::appointment::AppointmentStatus;
use reqwest::Method;
use system_tests::Answer;

use super::clinic::Month;

/// The grace period for no-shows: `commands.no_show_grace_minutes`.
const GRACE: TimeDelta = TimeDelta::minutes(15);

/// A step of an appointment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Arrive,
    Fulfil,
    Miss,
}

impl Month {
    /// Runs all appointments of a day, and charges for those that take place.
    pub(crate) async fn see_patients(&mut self, day: NaiveDate) {
        for (when, number, deed) in self.programme(day) {
            self.clinic.clock.set(when);
            match deed {
                Deed::Arrive => self.arrive(number).await,
                Deed::Fulfil => self.fulfil(number).await,
                Deed::Miss => self.miss(number, when).await,
            }
        }
    }

    fn programme(&mut self, day: NaiveDate) -> Vec<(DateTime<Utc>, usize, Deed)> {
        let mut programme = Vec::new();
        for number in 0..self.visits.len() {
            let visit = self.visits[number].clone();
            if visit.start.date_naive() != day || visit.status != AppointmentStatus::Booked {
                continue;
            }
            if self.one_in(7) {
                programme.push((visit.start + GRACE, number, Deed::Miss));
            } else {
                programme.push((visit.start, number, Deed::Arrive));
                programme.push((visit.end, number, Deed::Fulfil));
            }
        }
        programme.sort_unstable();
        programme
    }

    async fn deed(&mut self, number: usize, deed: &str) -> Answer {
        let path = format!("/api/appointments/{}/{deed}", self.visits[number].id);
        self.tell(Method::POST, &path, None).await
    }

    async fn arrive(&mut self, number: usize) {
        if self.one_in(10) {
            let answer = self.deed(number, "fulfilment").await;
            self.refused(&answer, 409, "wrong-status");
        }
        let _ = self.deed(number, "arrival").await.expect(200);
        self.visits[number].status = AppointmentStatus::Arrived;
    }

    async fn fulfil(&mut self, number: usize) {
        let _ = self.deed(number, "fulfilment").await.expect(200);
        self.visits[number].status = AppointmentStatus::Fulfilled;
        self.happened.fulfilled += 1;
        self.charge_for(number).await;
    }

    async fn miss(&mut self, number: usize, when: DateTime<Utc>) {
        self.clinic.clock.set(when - TimeDelta::seconds(1));
        let answer = self.deed(number, "no-show").await;
        self.refused(&answer, 409, "wrong-status");
        self.clinic.clock.set(when);
        let _ = self.deed(number, "no-show").await.expect(200);
        self.visits[number].status = AppointmentStatus::NoShow;
        self.happened.missed += 1;
    }
}
