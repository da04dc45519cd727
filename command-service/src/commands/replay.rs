//! Answering again what was answered before, under a key: the same resource, made from the same versions.

use domain::{
    account::Account,
    appointment::Appointment,
    invoice::Invoice,
    patient::{Patient, PatientStatus},
    practitioner::Practitioner,
    prescription::Prescription,
};
use journal::{Journaled, Loaded, UsedKey};
use uuid::Uuid;

use super::{Answer, CommandError, Commands, Done, Shown};

impl Commands {
    /// The answer of the time when a key was used.
    ///
    /// # Errors
    /// It would show a person who has been erased since, or the log does not answer.
    pub(super) async fn replay(&self, used: &UsedKey) -> Result<Done, CommandError> {
        let broken = |_| CommandError::Broken("what a key was used for cannot be read".to_owned());
        let (is_new, is_of_erased, shown) = Answer::from_receipt(&used.receipt.outcome).map_err(broken)?;
        let answer = self.show(shown, is_of_erased).await?;
        Ok(Done {
            answer: Answer { is_new, ..answer },
            position: used.position,
        })
    }

    async fn show(&self, shown: Shown, is_of_erased: bool) -> Result<Answer, CommandError> {
        match shown {
            Shown::Patient(id, version) => {
                self.check_not_erased(id, is_of_erased).await?;
                Answer::patient(id, &self.at::<Patient>(id, version).await?)
            }
            Shown::ErasedPatient(id, version) => Answer::erased_patient(id, version),
            Shown::Practitioner(id, version) => Answer::practitioner(id, &self.at::<Practitioner>(id, version).await?),
            Shown::TimeOff(id, version, _) => {
                let answer = Answer::practitioner(id, &self.at::<Practitioner>(id, version).await?)?;
                Ok(Answer { shown, ..answer })
            }
            Shown::Appointment(id, version, patient_version, practitioner_version) => {
                let appointment = self.at::<Appointment>(id, version).await?;
                let booked = appointment.state().booked().ok_or_else(nobody)?;
                let (patient_id, practitioner_id) = (booked.patient_id, booked.practitioner_id);
                self.check_not_erased(patient_id, is_of_erased).await?;
                let patient = self.at::<Patient>(patient_id, patient_version).await?;
                let practitioner = self.at::<Practitioner>(practitioner_id, practitioner_version).await?;
                Answer::appointment(id, &appointment, &patient, &practitioner)
            }
            Shown::Prescription(id, version) => {
                let prescription = self.at::<Prescription>(id, version).await?;
                let patient_id = prescription
                    .state()
                    .prescribed()
                    .map(|prescribed| prescribed.patient_id);
                self.check_not_erased(patient_id.ok_or_else(nobody)?, is_of_erased)
                    .await?;
                Answer::prescription(id, &prescription)
            }
            Shown::Account(id, version) => {
                self.check_not_erased(id, is_of_erased).await?;
                Answer::account(id, &self.at::<Account>(id, version).await?)
            }
            Shown::Invoice(id, version) => {
                let invoice = self.at::<Invoice>(id, version).await?;
                self.check_not_erased(patient_of(&invoice)?, is_of_erased).await?;
                Answer::invoice(id, &invoice)
            }
            Shown::Payment(invoice_id, version, account_version, number) => {
                let invoice = self.at::<Invoice>(invoice_id, version).await?;
                let patient_id = patient_of(&invoice)?;
                self.check_not_erased(patient_id, is_of_erased).await?;
                let account = self.at::<Account>(patient_id, account_version).await?;
                let reference = account.state().payments().nth(number).cloned().ok_or_else(nobody)?;
                Answer::payment(invoice_id, version, &account, &reference)
            }
        }
    }

    async fn at<A: Journaled>(&self, id: Uuid, version: u64) -> Result<Loaded<A>, CommandError> {
        Ok(self.journal().load_at(&id.to_string(), version).await?)
    }

    /// An answer shows nothing about an erased person, unless it was given after the erasure.
    async fn check_not_erased(&self, patient_id: Uuid, is_of_erased: bool) -> Result<(), CommandError> {
        if is_of_erased {
            return Ok(());
        }
        let patient: Loaded<Patient> = self.journal().load(&patient_id.to_string()).await?;
        match patient.state().status() {
            Some(PatientStatus::Erased) => Err(CommandError::Erased),
            _ => Ok(()),
        }
    }
}

fn patient_of(invoice: &Loaded<Invoice>) -> Result<Uuid, CommandError> {
    let drafted = invoice.state().drafted();
    drafted.map(|drafted| drafted.patient_id).ok_or_else(nobody)
}

fn nobody() -> CommandError {
    CommandError::Broken("what a key was used for is not there".to_owned())
}
