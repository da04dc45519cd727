//! The queries of a clinic: patients, appointments and invoices by id, and lists. All requested resources exist.

use std::sync::Arc;

use bench_driver::{Done, Tasks};
use fastrand::Rng;

use crate::clinic::{Clinic, mix::done};

const KINDS: &[&str] = &["patient", "appointment", "invoice", "patients", "agenda"];
const PATIENT: usize = 0;
const APPOINTMENT: usize = 1;
const INVOICE: usize = 2;
const PATIENTS: usize = 3;
const AGENDA: usize = 4;

/// The number of pages of patients from which a query chooses.
const PAGES: u32 = 10;

/// Of a hundred queries, 30 request a patient, 30 an appointment and 10 an invoice by id; 15 a page of 20 patients, and
/// 15 the first 20 appointments of a practitioner. None carries a token.
#[derive(Debug)]
pub(super) struct Queries {
    clinic: Arc<Clinic>,
    appointments: Vec<String>,
}

impl Queries {
    /// Requests the current state of the read models.
    pub(super) fn of(clinic: &Arc<Clinic>) -> Self {
        Self {
            clinic: clinic.clone(),
            appointments: clinic.booked(),
        }
    }

    fn choose(&self, random: &mut Rng) -> (usize, String) {
        let practitioner = &self.clinic.practitioners[random.usize(..self.clinic.practitioners.len())];
        match random.u32(0..100) {
            0..30 => {
                let patient = &practitioner.patients[random.usize(..practitioner.patients.len())];
                (PATIENT, format!("/api/patients/{patient}"))
            }
            30..60 if !self.appointments.is_empty() => {
                let appointment = &self.appointments[random.usize(..self.appointments.len())];
                (APPOINTMENT, format!("/api/appointments/{appointment}"))
            }
            60..70 => {
                let invoice = &self.clinic.invoices[random.usize(..self.clinic.invoices.len())];
                (INVOICE, format!("/api/invoices/{invoice}"))
            }
            70..85 => {
                let page = random.u32(..PAGES);
                (PATIENTS, format!("/api/patients?size=20&page={page}"))
            }
            _ => {
                let id = &practitioner.id;
                (AGENDA, format!("/api/appointments?size=20&practitionerId={id}"))
            }
        }
    }
}

impl Tasks for Queries {
    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    async fn work(&self, _client: usize, random: &mut Rng) -> Done {
        let (kind, path) = self.choose(random);
        done(kind, self.clinic.http.query(&path, "").await)
    }
}
