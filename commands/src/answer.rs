//! The answer to a command: a resource in its state right after the command, and whether it is new. Each edge renders
//! it in its own format.

use std::sync::Arc;

use domain::{
    account::Account,
    appointment::{Appointment, AppointmentRefusal},
    invoice::{Invoice, InvoiceRefusal},
    patient::{Patient, PatientRefusal, PatientStatus},
    practitioner::{Practitioner, PractitionerRefusal},
    prescription::{Prescription, PrescriptionRefusal},
    values::PaymentReference,
};
use journal::{Decision, Loaded, Undecided};
use uuid::Uuid;

use super::{CommandError, Refusal};

/// The answer to a command.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether the command created the resource.
    pub is_new: bool,
    /// Whether the answer concerns a patient already erased by then. It then shows no personal data.
    pub is_of_erased: bool,
    /// The resource in its state right after the command.
    pub state: State,
}

/// An aggregate at a version.
#[derive(Clone, Debug)]
pub struct Seen<A> {
    /// The aggregate's id.
    pub id: Uuid,
    /// The version: the number of its events.
    pub version: u64,
    /// The state at this version.
    pub state: Arc<A>,
}

/// The resource in an answer.
#[derive(Clone, Debug)]
pub enum State {
    /// A patient.
    Patient(Seen<Patient>),
    /// An erased patient and the version after the erasure.
    ErasedPatient(Uuid, u64),
    /// A practitioner.
    Practitioner(Seen<Practitioner>),
    /// A practitioner and the id of the added time off.
    TimeOff(Seen<Practitioner>, Uuid),
    /// An appointment with its patient and practitioner.
    Appointment(Seen<Appointment>, Seen<Patient>, Seen<Practitioner>),
    /// A prescription.
    Prescription(Seen<Prescription>),
    /// An account.
    Account(Seen<Account>),
    /// An invoice.
    Invoice(Seen<Invoice>),
    /// A payment towards an invoice: the invoice and its version, the account, and the payment's reference.
    Payment(Uuid, u64, Seen<Account>, PaymentReference),
    /// A payment to an account: the account and the payment's reference.
    AccountPayment(Seen<Account>, PaymentReference),
}

impl State {
    /// The id of the resource.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        match self {
            Self::ErasedPatient(id, _) | Self::Payment(id, ..) => *id,
            Self::Patient(seen) => seen.id,
            Self::Practitioner(seen) | Self::TimeOff(seen, _) => seen.id,
            Self::Appointment(seen, ..) => seen.id,
            Self::Prescription(seen) => seen.id,
            Self::Account(seen) | Self::AccountPayment(seen, _) => seen.id,
            Self::Invoice(seen) => seen.id,
        }
    }

    /// The version of the resource.
    #[must_use]
    pub const fn version(&self) -> u64 {
        match self {
            Self::ErasedPatient(_, version) | Self::Payment(_, version, ..) => *version,
            Self::Patient(seen) => seen.version,
            Self::Practitioner(seen) | Self::TimeOff(seen, _) => seen.version,
            Self::Appointment(seen, ..) => seen.version,
            Self::Prescription(seen) => seen.version,
            Self::Account(seen) | Self::AccountPayment(seen, _) => seen.version,
            Self::Invoice(seen) => seen.version,
        }
    }
}

impl<A> Seen<A> {
    pub(crate) fn new(id: Uuid, loaded: &Loaded<A>) -> Self {
        Self {
            id,
            version: loaded.version(),
            state: loaded.shared_state(),
        }
    }
}

impl Seen<Practitioner> {
    fn practitioner(id: Uuid, practitioner: &Loaded<Practitioner>) -> Result<Self, CommandError> {
        match practitioner.version() {
            0 => Err(Refusal::Practitioner(PractitionerRefusal::Unknown).into()),
            _ => Ok(Self::new(id, practitioner)),
        }
    }
}

impl Answer {
    const fn about_state(state: State) -> Self {
        Self {
            is_new: false,
            is_of_erased: false,
            state,
        }
    }

    /// Marks the resource as new.
    #[must_use]
    pub(crate) fn made(self) -> Self {
        Self { is_new: true, ..self }
    }

    /// Records whether the answer's patient is erased.
    pub(crate) fn about(self, patient_id: Uuid, decision: &Decision<'_, '_>) -> Result<Self, Undecided> {
        let patient = decision.load::<Patient>(patient_id)?;
        Ok(self.of(patient.state()))
    }

    fn of(self, patient: &Patient) -> Self {
        Self {
            is_of_erased: patient.status() == Some(PatientStatus::Erased),
            ..self
        }
    }

    pub(crate) fn patient(id: Uuid, patient: &Loaded<Patient>) -> Result<Self, CommandError> {
        match patient.state().status() {
            Some(_) => Ok(Self::about_state(State::Patient(Seen::new(id, patient)))),
            None => Err(Refusal::Patient(PatientRefusal::Unknown).into()),
        }
    }

    pub(crate) const fn erased_patient(id: Uuid, version: u64) -> Self {
        Self::about_state(State::ErasedPatient(id, version))
    }

    pub(crate) fn practitioner(id: Uuid, practitioner: &Loaded<Practitioner>) -> Result<Self, CommandError> {
        let seen = Seen::practitioner(id, practitioner)?;
        Ok(Self::about_state(State::Practitioner(seen)))
    }

    pub(crate) fn time_off(
        id: Uuid,
        practitioner: &Loaded<Practitioner>,
        time_off_id: Uuid,
    ) -> Result<Self, CommandError> {
        let seen = Seen::practitioner(id, practitioner)?;
        Ok(Self::about_state(State::TimeOff(seen, time_off_id)))
    }

    pub(crate) fn appointment(
        id: Uuid,
        appointment: &Loaded<Appointment>,
        patient: &Loaded<Patient>,
        practitioner: &Loaded<Practitioner>,
    ) -> Result<Self, CommandError> {
        let unknown = Refusal::Appointment(AppointmentRefusal::Unknown);
        let booked = appointment.state().booked().ok_or(unknown)?;
        let state = State::Appointment(
            Seen::new(id, appointment),
            Seen::new(booked.patient_id, patient),
            Seen::new(booked.practitioner_id, practitioner),
        );
        Ok(Self::about_state(state).of(patient.state()))
    }

    pub(crate) fn prescription(id: Uuid, prescription: &Loaded<Prescription>) -> Result<Self, CommandError> {
        match prescription.state().status() {
            Some(_) => Ok(Self::about_state(State::Prescription(Seen::new(id, prescription)))),
            None => Err(Refusal::Prescription(PrescriptionRefusal::Unknown).into()),
        }
    }

    pub(crate) fn account(id: Uuid, account: &Loaded<Account>) -> Self {
        Self::about_state(State::Account(Seen::new(id, account)))
    }

    pub(crate) fn invoice(id: Uuid, invoice: &Loaded<Invoice>) -> Result<Self, CommandError> {
        match invoice.state().status() {
            Some(_) => Ok(Self::about_state(State::Invoice(Seen::new(id, invoice)))),
            None => Err(Refusal::Invoice(InvoiceRefusal::Unknown).into()),
        }
    }

    /// A payment to an account.
    pub(super) fn account_payment(
        id: Uuid,
        account: &Loaded<Account>,
        reference: &PaymentReference,
    ) -> Result<Self, CommandError> {
        let known = account.state().payment(reference);
        known.ok_or_else(|| CommandError::Broken("a recorded payment is missing".to_owned()))?;
        let account = Seen::new(id, account);
        Ok(Self::about_state(State::AccountPayment(account, reference.clone())))
    }

    /// A payment towards an invoice, from the account's state.
    pub(crate) fn payment(
        invoice_id: Uuid,
        invoice_version: u64,
        account: &Loaded<Account>,
        reference: &PaymentReference,
    ) -> Result<Self, CommandError> {
        let broken = || CommandError::Broken("a recorded payment is missing".to_owned());
        let patient_id = account.state().patient_id().ok_or_else(broken)?;
        account.state().payment(reference).ok_or_else(broken)?;
        let account = Seen::new(patient_id, account);
        Ok(Self::about_state(State::Payment(
            invoice_id,
            invoice_version,
            account,
            reference.clone(),
        )))
    }
}
