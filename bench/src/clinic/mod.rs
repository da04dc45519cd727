//! The clinic in which clients work: the people, and the next commands that no rule refuses. The benchmarks measure in
//! it.
//!
//! Every patient sees one practitioner, and the slots of a practitioner are assigned in order. So no appointments
//! overlap, and every measured command is accepted.

pub(crate) mod http;
pub(crate) mod mix;
pub(crate) mod seed;
pub(crate) mod stack;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use hyper::Method;
use serde_json::{Value, json};

use http::{Answer, Http};

/// The length of an appointment.
const SLOT_MINUTES: i64 = 15;
/// The most appointments that are kept for rescheduling and arrivals.
const MOST_REMEMBERED: usize = 20_000;
/// The amount of a payment, in cents.
const PAYMENT_MINOR: u64 = 100;

/// A practitioner, and the patients who see only them.
#[derive(Debug)]
pub(crate) struct Practitioner {
    pub(crate) id: String,
    pub(crate) patients: Vec<String>,
    /// The number of assigned slots.
    taken: AtomicU64,
}

/// A booked appointment.
#[derive(Clone, Debug)]
struct Booked {
    id: String,
    practitioner: usize,
}

/// The clinic.
#[derive(Debug)]
pub(crate) struct Clinic {
    pub(crate) http: Http,
    pub(crate) practitioners: Arc<[Practitioner]>,
    pub(crate) invoices: Arc<[String]>,
    /// The first slot of each practitioner.
    opens: DateTime<Utc>,
    course: Arc<Course>,
}

/// The results of the commands so far.
#[derive(Debug, Default)]
struct Course {
    booked: Mutex<VecDeque<Booked>>,
    arrived: Mutex<VecDeque<String>>,
    /// The numbers for patients and payments.
    numbers: AtomicU64,
}

impl Practitioner {
    pub(crate) const fn new(id: String, patients: Vec<String>) -> Self {
        Self {
            id,
            patients,
            taken: AtomicU64::new(0),
        }
    }
}

impl Clinic {
    /// Creates an empty clinic.
    pub(crate) fn new(http: Http, opens: DateTime<Utc>) -> Self {
        Self {
            http,
            practitioners: Arc::default(),
            invoices: Arc::default(),
            opens,
            course: Arc::default(),
        }
    }

    /// The same clinic through another process that serves it.
    pub(crate) fn by_way_of(&self, http: Http) -> Self {
        Self {
            http,
            practitioners: self.practitioners.clone(),
            invoices: self.invoices.clone(),
            opens: self.opens,
            course: self.course.clone(),
        }
    }

    /// Registers a new patient.
    pub(crate) async fn register(&self) -> Result<Answer, String> {
        let number = self.course.numbers.fetch_add(1, Ordering::Relaxed);
        let body = json!({"name": format!("Patient {number}"), "dateOfBirth": "1990-01-01",
                          "email": format!("patient-{number}@example.com"), "phone": "+1-555-0102",
                          "address": "123 Main St", "gender": "female"});
        self.http.command(Method::POST, "/api/patients", Some(&body)).await
    }

    /// Books the next free slot of a practitioner for one of their patients.
    pub(crate) async fn book(&self, random: &mut Rng) -> Result<Answer, String> {
        let practitioner = random.usize(..self.practitioners.len());
        let patients = &self.practitioners[practitioner].patients;
        let mut body = self.free_time(practitioner);
        body["patientId"] = json!(patients[random.usize(..patients.len())]);
        body["practitionerId"] = json!(self.practitioners[practitioner].id);
        body["reason"] = json!("Annual check-up");
        let answer = self
            .http
            .command(Method::POST, "/api/appointments", Some(&body))
            .await?;
        let id = answer.id.clone();
        remember(&self.course.booked, Booked { id, practitioner });
        Ok(answer)
    }

    /// Moves an appointment to the next free slot of its practitioner, if there is one to move.
    pub(crate) async fn reschedule(&self) -> Option<Result<Answer, String>> {
        let booked = take(&self.course.booked)?;
        let path = format!("/api/appointments/{}", booked.id);
        let body = self.free_time(booked.practitioner);
        let answer = self.http.command(Method::PUT, &path, Some(&body)).await;
        if answer.is_ok() {
            remember(&self.course.booked, booked);
        }
        Some(answer)
    }

    /// Records the arrival of a patient, if one has an appointment.
    pub(crate) async fn arrive(&self) -> Option<Result<Answer, String>> {
        let booked = take(&self.course.booked)?;
        let path = format!("/api/appointments/{}/arrival", booked.id);
        let answer = self.http.command(Method::POST, &path, None).await;
        if answer.is_ok() {
            remember(&self.course.arrived, booked.id);
        }
        Some(answer)
    }

    /// Fulfils an appointment, if a patient has arrived.
    pub(crate) async fn fulfil(&self) -> Option<Result<Answer, String>> {
        let id = take(&self.course.arrived)?;
        let path = format!("/api/appointments/{id}/fulfilment");
        Some(self.http.command(Method::POST, &path, None).await)
    }

    /// Pays a part of an invoice.
    pub(crate) async fn pay(&self, random: &mut Rng) -> Result<Answer, String> {
        let invoice = &self.invoices[random.usize(..self.invoices.len())];
        let number = self.course.numbers.fetch_add(1, Ordering::Relaxed);
        let body = json!({"amount": {"minor": PAYMENT_MINOR, "currency": "USD"}, "method": "cash",
                          "reference": format!("till-{number}")});
        let path = format!("/api/invoices/{invoice}/payments");
        self.http.command(Method::POST, &path, Some(&body)).await
    }

    /// The appointments that are booked now.
    pub(crate) fn booked(&self) -> Vec<String> {
        let booked = self.course.booked.lock().unwrap_or_else(PoisonError::into_inner);
        booked.iter().map(|booked| booked.id.clone()).collect()
    }

    fn free_time(&self, practitioner: usize) -> Value {
        let number = self.practitioners[practitioner].taken.fetch_add(1, Ordering::Relaxed);
        let start = self.opens + TimeDelta::minutes(SLOT_MINUTES) * i32::try_from(number).unwrap_or(i32::MAX);
        json!({"startTime": start, "endTime": start + TimeDelta::minutes(SLOT_MINUTES)})
    }
}

/// Keeps an item for later, up to a limit.
fn remember<T>(pool: &Mutex<VecDeque<T>>, item: T) {
    let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
    if pool.len() < MOST_REMEMBERED {
        pool.push_back(item);
    }
}

fn take<T>(pool: &Mutex<VecDeque<T>>) -> Option<T> {
    pool.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}
