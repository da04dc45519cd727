//! The clinic of the month, and the test's own records of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::appointment::AppointmentStatus;
use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, instant};

use super::desk::GRID_MINUTES;

const PATIENTS: usize = 20;
/// The practitioners' time zones, with the UTC hour of nine o'clock local time and the currency of their charges. None
/// of the zones changes its offset in January.
const PRACTITIONERS: [(&str, &str, u32, &str); 3] = [
    ("Dr Ada Ruiz", "America/New_York", 14, "USD"),
    ("Dr Emil Roth", "Europe/Berlin", 8, "EUR"),
    ("Dr Yui Sato", "Asia/Tokyo", 0, "JPY"),
];
/// The time from opening at nine to closing.
pub(crate) const OPEN_HOURS: u32 = 8;

/// A practitioner who works from Monday to Friday.
pub(crate) struct Practitioner {
    pub(crate) id: String,
    pub(crate) opens_utc: u32,
    pub(crate) currency: &'static str,
    /// The practitioner's day off.
    pub(crate) away: NaiveDate,
}

/// The test's record of an appointment.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) id: String,
    pub(crate) patient: usize,
    pub(crate) practitioner: usize,
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    pub(crate) status: AppointmentStatus,
}

/// The test's record of an issued invoice.
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) patient: usize,
    pub(crate) currency: &'static str,
    pub(crate) total: i64,
    pub(crate) paid: i64,
    pub(crate) credited: i64,
    pub(crate) cancelled: bool,
}

/// A pending payment.
pub(crate) struct Pending {
    pub(crate) patient: usize,
    pub(crate) invoice: usize,
    pub(crate) reference: String,
    pub(crate) minor: i64,
}

/// Counters of what happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Happened {
    pub(crate) booked: usize,
    pub(crate) rescheduled: usize,
    pub(crate) cancelled: usize,
    pub(crate) fulfilled: usize,
    pub(crate) missed: usize,
    pub(crate) refused: usize,
    pub(crate) refunds: usize,
    pub(crate) credit_notes: usize,
    pub(crate) captured_late: usize,
    pub(crate) failed_late: usize,
}

/// The month so far.
pub(crate) struct Month {
    pub(crate) clinic: Clinic,
    pub(crate) random: Rng,
    pub(crate) first_day: NaiveDate,
    pub(crate) practitioners: Vec<Practitioner>,
    pub(crate) patients: Vec<String>,
    pub(crate) visits: Vec<Visit>,
    pub(crate) invoices: Vec<Invoice>,
    pub(crate) pending: Vec<Pending>,
    /// The debts of each patient by currency.
    pub(crate) owed: BTreeMap<(usize, &'static str), i64>,
    pub(crate) payments: usize,
    pub(crate) happened: Happened,
    /// The last consistency token of each noun.
    tokens: BTreeMap<String, String>,
}

impl Month {
    /// Opens the clinic with its practitioners, their hours and days off, and the patients.
    pub(crate) async fn begin(seed: u64) -> Self {
        let mut month = Self {
            clinic: Clinic::open().await,
            random: Rng::with_seed(seed),
            first_day: instant(system_tests::NOW).date_naive(),
            practitioners: Vec::new(),
            patients: Vec::new(),
            visits: Vec::new(),
            invoices: Vec::new(),
            pending: Vec::new(),
            owed: BTreeMap::new(),
            payments: 0,
            happened: Happened::default(),
            tokens: BTreeMap::new(),
        };
        month.open_the_day(month.first_day);
        for (number, (name, time_zone, opens_utc, currency)) in PRACTITIONERS.into_iter().enumerate() {
            let away = month.first_day + Days::new(14 + number as u64);
            let practitioner = Practitioner {
                id: month.employ(name, time_zone, away).await,
                opens_utc,
                currency,
                away,
            };
            month.practitioners.push(practitioner);
        }
        for number in 0..PATIENTS {
            let body = json!({"name": format!("Patient {number}"), "dateOfBirth": "1990-01-01",
                              "email": format!("patient-{number}@example.com")});
            let registered = month.tell(Method::POST, "/api/patients", Some(body)).await.expect(201);
            month.patients.push(registered.id());
        }
        month
    }

    async fn employ(&mut self, name: &str, time_zone: &str, away: NaiveDate) -> String {
        let body = json!({"name": name, "specialty": "Cardiology", "timeZone": time_zone});
        let employed = self
            .tell(Method::POST, "/api/practitioners", Some(body))
            .await
            .expect(201);
        let path = employed.header("location");
        let weekly: Vec<Value> = ["monday", "tuesday", "wednesday", "thursday", "friday"]
            .map(|day| json!({"day": day, "from": "09:00", "to": "17:00"}))
            .into();
        let hours = json!({"slotMinutes": GRID_MINUTES, "effectiveFrom": self.first_day, "weekly": weekly});
        let _ = self
            .tell(Method::PUT, &format!("{path}/availability"), Some(hours))
            .await
            .expect(200);
        let off = json!({"startTime": at(away, 0), "endTime": at(away + Days::new(1), 0)});
        let _ = self
            .tell(Method::POST, &format!("{path}/time-off"), Some(off))
            .await
            .expect(201);
        employed.id()
    }

    /// Sets the clock to the beginning of a day, before anyone opens.
    pub(crate) fn open_the_day(&self, day: NaiveDate) {
        self.clinic.clock.set(at(day, 0) - TimeDelta::hours(1));
    }

    /// Sends a command with a new idempotency key, and keeps the token of its response.
    pub(crate) async fn tell(&mut self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let key = platform::ambient::new_id().to_string();
        let answer = self
            .clinic
            .send(method, path, &[("idempotency-key", &key)], body.as_ref())
            .await;
        if answer.status.is_success() {
            let noun = path.split('/').nth(2).unwrap_or_default().to_owned();
            self.tokens.insert(noun, answer.header("consistency-token").to_owned());
        }
        answer
    }

    /// Checks that a command was refused with this problem.
    #[track_caller]
    pub(crate) fn refused(&mut self, answer: &Answer, status: u16, slug: &str) {
        answer.expect_problem(status, slug);
        self.happened.refused += 1;
    }

    /// Reads a resource once the read models have reached all writes.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let tokens: Vec<&str> = self.tokens.values().map(String::as_str).collect();
        self.clinic.get_after(path, &tokens.join(",")).await.expect(200).body
    }

    /// Returns true with a probability of one in `times`.
    pub(crate) fn one_in(&mut self, times: u32) -> bool {
        self.random.u32(0..times) == 0
    }
}

/// The instant this many minutes after the start of a day in UTC.
pub(crate) fn at(day: NaiveDate, minutes: u32) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(minutes.into())
}
