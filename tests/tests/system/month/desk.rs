//! The front desk: books, reschedules and cancels. The test predicts which requests must be refused, and why.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc, Weekday};
use domain::appointment::AppointmentStatus;
use reqwest::Method;
use serde_json::json;

use super::clinic::{Month, OPEN_HOURS, Visit, at};

const CALLS_A_DAY: usize = 12;
/// The maximum number of days to book ahead.
const AHEAD_DAYS: u64 = 4;
/// Appointments begin at multiples of these minutes, and last a multiple of them.
pub(crate) const GRID_MINUTES: u32 = 15;

/// A requested appointment.
struct Wish {
    patient: usize,
    practitioner: usize,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Month {
    /// The calls of a day: mostly new bookings, some of them for occupied times, and a few changes.
    pub(crate) async fn answer_the_telephone(&mut self, day: NaiveDate) {
        for _ in 0..CALLS_A_DAY {
            match self.random.u32(0..10) {
                0..7 => {
                    let wish = self.wish(day);
                    self.book(&wish).await;
                }
                7..9 => self.reschedule(day).await,
                _ => self.cancel(day).await,
            }
        }
        if day.weekday() == Weekday::Wed {
            self.ask_for_what_cannot_be(day).await;
        }
    }

    fn wish(&mut self, day: NaiveDate) -> Wish {
        let practitioner = self.random.usize(..self.practitioners.len());
        let minutes = GRID_MINUTES * self.random.u32(1..=3);
        let latest = (OPEN_HOURS * 60 - minutes) / GRID_MINUTES;
        let minute = self.practitioners[practitioner].opens_utc * 60 + GRID_MINUTES * self.random.u32(0..=latest);
        let start = at(day + Days::new(self.random.u64(1..=AHEAD_DAYS)), minute);
        Wish {
            patient: self.random.usize(..self.patients.len()),
            practitioner,
            start,
            end: start + TimeDelta::minutes(minutes.into()),
        }
    }

    /// The reason to refuse a request, if any. An appointment does not conflict with itself when it is rescheduled.
    fn objection(&self, wish: &Wish, moved: Option<usize>) -> Option<&'static str> {
        let practitioner = &self.practitioners[wish.practitioner];
        let date = wish.start.date_naive();
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) || date == practitioner.away {
            return Some("practitioner-unavailable");
        }
        let meets = |(number, visit): (usize, &Visit)| {
            Some(number) != moved
                && visit.status.is_live()
                && (visit.patient == wish.patient || visit.practitioner == wish.practitioner)
                && visit.start < wish.end
                && wish.start < visit.end
        };
        self.visits
            .iter()
            .enumerate()
            .any(meets)
            .then_some("appointment-overlap")
    }

    async fn book(&mut self, wish: &Wish) {
        let objection = self.objection(wish, None);
        let body = json!({"patientId": self.patients[wish.patient], "startTime": wish.start, "endTime": wish.end,
                          "practitionerId": self.practitioners[wish.practitioner].id});
        let answer = self.tell(Method::POST, "/api/appointments", Some(body)).await;
        if let Some(slug) = objection {
            return self.refused(&answer, 409, slug);
        }
        self.visits.push(Visit {
            id: answer.expect(201).id(),
            patient: wish.patient,
            practitioner: wish.practitioner,
            start: wish.start,
            end: wish.end,
            status: AppointmentStatus::Booked,
        });
        self.happened.booked += 1;
    }

    /// A random booked appointment on or after a day.
    fn any_ahead(&mut self, day: NaiveDate) -> Option<usize> {
        let ahead = |visit: &Visit| visit.status == AppointmentStatus::Booked && visit.start >= at(day, 0);
        let numbers: Vec<usize> = (0..self.visits.len())
            .filter(|number| ahead(&self.visits[*number]))
            .collect();
        self.random.choice(numbers)
    }

    async fn reschedule(&mut self, day: NaiveDate) {
        let Some(number) = self.any_ahead(day) else { return };
        let visit = self.visits[number].clone();
        let mut wish = self.wish(day);
        let opens = |practitioner: usize| self.practitioners[practitioner].opens_utc;
        let shift = i64::from(opens(visit.practitioner)) - i64::from(opens(wish.practitioner));
        wish.start += TimeDelta::hours(shift);
        wish.end += TimeDelta::hours(shift);
        (wish.patient, wish.practitioner) = (visit.patient, visit.practitioner);
        let objection = self.objection(&wish, Some(number));
        let body = json!({"startTime": wish.start, "endTime": wish.end});
        let path = format!("/api/appointments/{}", visit.id);
        let answer = self.tell(Method::PUT, &path, Some(body)).await;
        if let Some(slug) = objection {
            return self.refused(&answer, 409, slug);
        }
        let _ = answer.expect(200);
        self.visits[number] = Visit {
            start: wish.start,
            end: wish.end,
            ..visit
        };
        self.happened.rescheduled += 1;
    }

    async fn cancel(&mut self, day: NaiveDate) {
        let Some(number) = self.any_ahead(day) else { return };
        let path = format!("/api/appointments/{}", self.visits[number].id);
        let why = json!({"reasonCode": "pat", "reasonText": "Has a cold"});
        let _ = self.tell(Method::DELETE, &path, Some(why)).await.expect(200);
        self.visits[number].status = AppointmentStatus::Cancelled;
        self.happened.cancelled += 1;
        let answer = self.tell(Method::POST, &format!("{path}/arrival"), None).await;
        self.refused(&answer, 409, "wrong-status");
    }

    /// Invalid bookings: in the past, of an unknown person, and with an end before the start.
    async fn ask_for_what_cannot_be(&mut self, day: NaiveDate) {
        let (patient, practitioner) = (self.patients[0].clone(), self.practitioners[0].id.clone());
        let (yesterday, tomorrow) = (day - Days::new(1), day + Days::new(1));
        let nobody = platform::ambient::new_id().to_string();
        let three = 15 * 60;
        for (patient, start, end, slug) in [
            (
                &patient,
                at(yesterday, three),
                at(yesterday, three + 30),
                "not-bookable",
            ),
            (
                &nobody,
                at(tomorrow, three),
                at(tomorrow, three + 30),
                "unknown-patient",
            ),
            (
                &patient,
                at(tomorrow, three),
                at(tomorrow, three - 30),
                "validation-failed",
            ),
        ] {
            let body =
                json!({"patientId": patient, "practitionerId": practitioner, "startTime": start, "endTime": end});
            let answer = self.tell(Method::POST, "/api/appointments", Some(body)).await;
            self.refused(&answer, 422, slug);
        }
    }
}
