//! The receipt of an answer, stored with its key: the versions of its aggregates. Loading these versions restores the
//! answer.

use std::fmt;

use domain::{
    account::Account,
    appointment::Appointment,
    invoice::Invoice,
    patient::{Patient, PatientStatus},
    practitioner::Practitioner,
    prescription::Prescription,
    values::PaymentReference,
};
use journal::{Journaled, Loaded, UsedKey};
use uuid::Uuid;

use super::{Answer, CommandError, Commands, Done, Seen, State};

/// The aggregates of an answer and their versions.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Versions {
    Patient(Uuid, u64),
    ErasedPatient(Uuid, u64),
    Practitioner(Uuid, u64),
    TimeOff(Uuid, u64, Uuid),
    /// An appointment, its version, and the versions of its patient and practitioner.
    Appointment(Uuid, u64, u64, u64),
    Prescription(Uuid, u64),
    Account(Uuid, u64),
    Invoice(Uuid, u64),
    /// A payment towards an invoice: the invoice, its version, the account's version, and the payment's index in the
    /// account.
    Payment(Uuid, u64, u64, usize),
    /// A payment to an account: the account, its version, and the payment's index.
    AccountPayment(Uuid, u64, usize),
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
                Self::Payment(*invoice_id, *version, account.version, number_of(reference, account))
            }
            State::AccountPayment(account, reference) => {
                Self::AccountPayment(account.id, account.version, number_of(reference, account))
            }
        }
    }
}

impl fmt::Display for Versions {
    /// The form is short, because the log holds it for every command with a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patient(id, version) => write!(f, "pat.{}.{version}", id.simple()),
            Self::ErasedPatient(id, version) => write!(f, "era.{}.{version}", id.simple()),
            Self::Practitioner(id, version) => write!(f, "pra.{}.{version}", id.simple()),
            Self::TimeOff(id, version, time_off) => write!(f, "off.{}.{version}.{}", id.simple(), time_off.simple()),
            Self::Appointment(id, version, patient, practitioner) => {
                write!(f, "app.{}.{version}.{patient}.{practitioner}", id.simple())
            }
            Self::Prescription(id, version) => write!(f, "pre.{}.{version}", id.simple()),
            Self::Account(id, version) => write!(f, "acc.{}.{version}", id.simple()),
            Self::Invoice(id, version) => write!(f, "inv.{}.{version}", id.simple()),
            Self::Payment(id, version, account, number) => {
                write!(f, "pay.{}.{version}.{account}.{number}", id.simple())
            }
            Self::AccountPayment(id, version, number) => write!(f, "apa.{}.{version}.{number}", id.simple()),
        }
    }
}

impl Versions {
    fn parse(text: &str) -> Option<Self> {
        let (id, number) = (|text: &str| Uuid::parse_str(text).ok(), |text: &str| text.parse().ok());
        let parts: Vec<&str> = text.split('.').collect();
        Some(match *parts.as_slice() {
            ["pat", patient, version] => Self::Patient(id(patient)?, number(version)?),
            ["era", patient, version] => Self::ErasedPatient(id(patient)?, number(version)?),
            ["pra", practitioner, version] => Self::Practitioner(id(practitioner)?, number(version)?),
            ["off", practitioner, version, time_off] => {
                Self::TimeOff(id(practitioner)?, number(version)?, id(time_off)?)
            }
            ["app", appointment, version, patient, practitioner] => Self::Appointment(
                id(appointment)?,
                number(version)?,
                number(patient)?,
                number(practitioner)?,
            ),
            ["pre", prescription, version] => Self::Prescription(id(prescription)?, number(version)?),
            ["acc", account, version] => Self::Account(id(account)?, number(version)?),
            ["inv", invoice, version] => Self::Invoice(id(invoice)?, number(version)?),
            ["pay", invoice, version, account, which] => {
                Self::Payment(id(invoice)?, number(version)?, number(account)?, which.parse().ok()?)
            }
            ["apa", account, version, which] => {
                Self::AccountPayment(id(account)?, number(version)?, which.parse().ok()?)
            }
            _ => return None,
        })
    }
}

/// Writes a receipt: whether the resource was new, whether its patient was erased, and the versions.
pub(crate) fn write(answer: &Answer) -> String {
    let flags = u8::from(answer.is_new) | u8::from(answer.is_of_erased) << 1;
    format!("{flags}{}", Versions::of(&answer.state))
}

/// Reads a receipt.
fn read(outcome: &str) -> Option<(bool, bool, Versions)> {
    let (flags, versions) = outcome.split_at_checked(1)?;
    let flags: u8 = flags.parse().ok()?;
    Some((flags & 1 != 0, flags & 2 != 0, Versions::parse(versions)?))
}

impl Commands {
    /// Restores the answer from the first use of a key.
    ///
    /// # Errors
    /// The answer concerns a person erased since then, or the log is unavailable.
    pub(crate) async fn replay(&self, used: &UsedKey) -> Result<Done, CommandError> {
        let broken = || CommandError::Broken("the receipt of an idempotency key cannot be read".to_owned());
        let (is_new, is_of_erased, versions) = read(&used.receipt.outcome).ok_or_else(broken)?;
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
                Answer::payment(invoice_id, version, &account, &payment_of(number, &account)?)
            }
            Versions::AccountPayment(id, version, number) => {
                self.check_not_erased(id, is_of_erased).await?;
                let account = self.at::<Account>(id, version).await?;
                Answer::account_payment(id, &account, &payment_of(number, &account)?)
            }
        }
    }

    async fn at<A: Journaled>(&self, id: Uuid, version: u64) -> Result<Loaded<A>, CommandError> {
        Ok(self.journal().load_at(&id.to_string(), version).await?)
    }

    /// Refuses an answer about an erased person, unless it was given after the erasure.
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

/// The index of a payment in an account.
fn number_of(reference: &PaymentReference, account: &Seen<Account>) -> usize {
    let mut payments = account.state.payments();
    payments.position(|known| known == reference).unwrap_or(usize::MAX)
}

fn payment_of(number: usize, account: &Loaded<Account>) -> Result<PaymentReference, CommandError> {
    account.state().payments().nth(number).cloned().ok_or_else(nobody)
}

fn patient_of(invoice: &Loaded<Invoice>) -> Result<Uuid, CommandError> {
    let drafted = invoice.state().drafted();
    drafted.map(|drafted| drafted.patient_id).ok_or_else(nobody)
}

fn nobody() -> CommandError {
    CommandError::Broken("the resource of an idempotency key is missing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_round_trips_through_its_text() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(u128::MAX));
        for versions in [
            Versions::Patient(one, 1),
            Versions::ErasedPatient(one, 2),
            Versions::Practitioner(one, 3),
            Versions::TimeOff(one, 4, other),
            Versions::Appointment(one, 5, 6, 7),
            Versions::Prescription(one, 8),
            Versions::Account(one, u64::MAX),
            Versions::Invoice(other, 9),
            Versions::Payment(other, 10, 11, 12),
            Versions::AccountPayment(one, 13, 14),
        ] {
            let read = read(&format!("3{versions}"));
            assert_eq!(read, Some((true, true, versions)));
        }
        for text in [
            "",
            "1",
            "1pat",
            "9x",
            "1pat.x.1",
            "1pat.00000000000000000000000000000001.1.1",
            "é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
