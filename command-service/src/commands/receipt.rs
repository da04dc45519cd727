//! What a key keeps of an answer: the versions that it was made from. The same answer is made again from the same versions.

use domain::{
    account::Account,
    appointment::Appointment,
    invoice::Invoice,
    patient::{Patient, PatientStatus},
    practitioner::Practitioner,
    prescription::Prescription,
};
use journal::{Journaled, Loaded, UsedKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Answer, CommandError, Commands, Done, State};

/// What an answer was about: aggregates at the versions that it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Versions {
    #[serde(rename = "pat")]
    Patient(Uuid, u64),
    #[serde(rename = "era")]
    ErasedPatient(Uuid, u64),
    #[serde(rename = "pra")]
    Practitioner(Uuid, u64),
    #[serde(rename = "off")]
    TimeOff(Uuid, u64, Uuid),
    /// An appointment, with the versions of its patient and its practitioner.
    #[serde(rename = "app")]
    Appointment(Uuid, u64, u64, u64),
    #[serde(rename = "pre")]
    Prescription(Uuid, u64),
    #[serde(rename = "acc")]
    Account(Uuid, u64),
    #[serde(rename = "inv")]
    Invoice(Uuid, u64),
    /// A payment: the invoice, the version of the account, and which of the account's payments then.
    #[serde(rename = "pay")]
    Payment(Uuid, u64, u64, usize),
}

impl Versions {
    fn of(state: &State) -> Self {
        match state {
            State::Patient(patient) => Self::Patient(patient.id, patient.version),
            State::ErasedPatient(id, version) => Self::ErasedPatient(*id, *version),
            State::Practitioner(practitioner) => Self::Practitioner(practitioner.id, practitioner.version),
            State::TimeOff(practitioner, id) => Self::TimeOff(practitioner.id, practitioner.version, *id),
            State::Appointment(appointment, patient, practitioner) => Self::Appointment(
                appointment.id,
                appointment.version,
                patient.version,
                practitioner.version,
            ),
            State::Prescription(prescription) => Self::Prescription(prescription.id, prescription.version),
            State::Account(account) => Self::Account(account.id, account.version),
            State::Invoice(invoice) => Self::Invoice(invoice.id, invoice.version),
            State::Payment(invoice_id, version, account, reference) => {
                let number = account.state.payments().position(|known| known == reference);
                Self::Payment(*invoice_id, *version, account.version, number.unwrap_or(usize::MAX))
            }
        }
    }
}

/// What a key keeps of an answer.
pub(super) fn write(answer: &Answer) -> String {
    let flags = u8::from(answer.is_new) | u8::from(answer.is_of_erased) << 1;
    serde_json::to_string(&(flags, Versions::of(&answer.state))).unwrap_or_default()
}

/// Reads what a key has kept: whether something was made, whether it is about somebody erased, and what it was about.
fn read(outcome: &str) -> serde_json::Result<(bool, bool, Versions)> {
    let (flags, versions): (u8, Versions) = serde_json::from_str(outcome)?;
    Ok((flags & 1 != 0, flags & 2 != 0, versions))
}

impl Commands {
    /// The answer of the time when a key was used.
    ///
    /// # Errors
    /// It would show a person who has been erased since, or the log does not answer.
    pub(super) async fn replay(&self, used: &UsedKey) -> Result<Done, CommandError> {
        let broken = |_| CommandError::Broken("what a key was used for cannot be read".to_owned());
        let (is_new, is_of_erased, versions) = read(&used.receipt.outcome).map_err(broken)?;
        let answer = self.at_versions(versions, is_of_erased).await?;
        Ok(Done {
            answer: Answer { is_new, ..answer },
            position: used.position,
        })
    }

    async fn at_versions(&self, versions: Versions, is_of_erased: bool) -> Result<Answer, CommandError> {
        match versions {
            Versions::Patient(id, version) => {
                self.check_not_erased(id, is_of_erased).await?;
                Answer::patient(id, &self.at::<Patient>(id, version).await?)
            }
            Versions::ErasedPatient(id, version) => Ok(Answer::erased_patient(id, version)),
            Versions::Practitioner(id, version) => {
                Answer::practitioner(id, &self.at::<Practitioner>(id, version).await?)
            }
            Versions::TimeOff(id, version, time_off_id) => {
                Answer::time_off(id, &self.at::<Practitioner>(id, version).await?, time_off_id)
            }
            Versions::Appointment(id, version, patient_version, practitioner_version) => {
                let appointment = self.at::<Appointment>(id, version).await?;
                let booked = appointment.state().booked().ok_or_else(nobody)?;
                let (patient_id, practitioner_id) = (booked.patient_id, booked.practitioner_id);
                self.check_not_erased(patient_id, is_of_erased).await?;
                let patient = self.at::<Patient>(patient_id, patient_version).await?;
                let practitioner = self.at::<Practitioner>(practitioner_id, practitioner_version).await?;
                Answer::appointment(id, &appointment, &patient, &practitioner)
            }
            Versions::Prescription(id, version) => {
                let prescription = self.at::<Prescription>(id, version).await?;
                let patient_id = prescription
                    .state()
                    .prescribed()
                    .map(|prescribed| prescribed.patient_id);
                self.check_not_erased(patient_id.ok_or_else(nobody)?, is_of_erased)
                    .await?;
                Answer::prescription(id, &prescription)
            }
            Versions::Account(id, version) => {
                self.check_not_erased(id, is_of_erased).await?;
                Ok(Answer::account(id, &self.at::<Account>(id, version).await?))
            }
            Versions::Invoice(id, version) => {
                let invoice = self.at::<Invoice>(id, version).await?;
                self.check_not_erased(patient_of(&invoice)?, is_of_erased).await?;
                Answer::invoice(id, &invoice)
            }
            Versions::Payment(invoice_id, version, account_version, number) => {
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
