//! What a command is answered with: a resource as it stood right after the command. What a key keeps of it are versions, from
//! which the same answer is made again.

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
use schemas::api::{
    AccountResource, AppointmentResource, ErasedPatientResource, InvoiceResource, PatientResource, PaymentResource,
    PractitionerResource, PrescriptionResource,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CommandError, Refusal};

/// What a command is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether something was made.
    pub is_new: bool,
    /// Whether it is about a patient who had been erased by then: nothing personal is shown.
    pub is_of_erased: bool,
    /// What it shows.
    pub shown: Shown,
    /// The resource, as JSON.
    pub body: String,
}

/// What an answer shows: aggregates at the versions that it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// A patient.
    #[serde(rename = "pat")]
    Patient(Uuid, u64),
    /// That a patient has been erased.
    #[serde(rename = "era")]
    ErasedPatient(Uuid, u64),
    /// A practitioner.
    #[serde(rename = "pra")]
    Practitioner(Uuid, u64),
    /// A practitioner with a time off that was added.
    #[serde(rename = "off")]
    TimeOff(Uuid, u64, Uuid),
    /// An appointment, with its patient and its practitioner.
    #[serde(rename = "app")]
    Appointment(Uuid, u64, u64, u64),
    /// A prescription.
    #[serde(rename = "pre")]
    Prescription(Uuid, u64),
    /// An account.
    #[serde(rename = "acc")]
    Account(Uuid, u64),
    /// An invoice.
    #[serde(rename = "inv")]
    Invoice(Uuid, u64),
    /// A payment: the invoice, the version of the account, and which of the account's payments then.
    #[serde(rename = "pay")]
    Payment(Uuid, u64, u64, usize),
}

impl Shown {
    /// The version of the resource.
    #[must_use]
    pub const fn version(&self) -> u64 {
        match self {
            Self::Patient(_, version)
            | Self::ErasedPatient(_, version)
            | Self::Practitioner(_, version)
            | Self::TimeOff(_, version, _)
            | Self::Appointment(_, version, ..)
            | Self::Prescription(_, version)
            | Self::Account(_, version)
            | Self::Invoice(_, version)
            | Self::Payment(_, version, ..) => *version,
        }
    }
}

impl Answer {
    fn showing(shown: Shown, resource: &impl Serialize) -> Result<Self, CommandError> {
        let body = serde_json::to_string(resource).map_err(|error| CommandError::Broken(error.to_string()))?;
        Ok(Self {
            is_new: false,
            is_of_erased: false,
            shown,
            body,
        })
    }

    /// Says that what is shown was made.
    #[must_use]
    pub(super) fn made(self) -> Self {
        Self { is_new: true, ..self }
    }

    /// Notes whether the patient it is about has been erased.
    pub(super) fn about(self, patient_id: Uuid, decision: &Decision<'_, '_>) -> Result<Self, Undecided> {
        let patient = decision.load::<Patient>(patient_id)?;
        Ok(self.of(patient.state()))
    }

    fn of(self, patient: &Patient) -> Self {
        Self {
            is_of_erased: patient.status() == Some(PatientStatus::Erased),
            ..self
        }
    }

    /// What a key keeps of the answer.
    pub(super) fn to_receipt(&self) -> String {
        let flags = u8::from(self.is_new) | u8::from(self.is_of_erased) << 1;
        serde_json::to_string(&(flags, &self.shown)).unwrap_or_default()
    }

    /// Reads what a key has kept: whether something was made, whether it is about somebody erased, and what it shows.
    pub(super) fn from_receipt(outcome: &str) -> serde_json::Result<(bool, bool, Shown)> {
        let (flags, shown): (u8, Shown) = serde_json::from_str(outcome)?;
        Ok((flags & 1 != 0, flags & 2 != 0, shown))
    }

    pub(super) fn patient(id: Uuid, patient: &Loaded<Patient>) -> Result<Self, CommandError> {
        let version = patient.version();
        let resource = PatientResource::of(id, version, patient.state());
        Self::showing(
            Shown::Patient(id, version),
            &resource.ok_or(Refusal::Patient(PatientRefusal::Unknown))?,
        )
    }

    pub(super) fn erased_patient(id: Uuid, version: u64) -> Result<Self, CommandError> {
        Self::showing(
            Shown::ErasedPatient(id, version),
            &ErasedPatientResource::new(id, version),
        )
    }

    pub(super) fn practitioner(id: Uuid, practitioner: &Loaded<Practitioner>) -> Result<Self, CommandError> {
        let version = practitioner.version();
        let resource = PractitionerResource::of(id, version, practitioner.state());
        Self::showing(
            Shown::Practitioner(id, version),
            &resource.ok_or(Refusal::Practitioner(PractitionerRefusal::Unknown))?,
        )
    }

    pub(super) fn appointment(
        id: Uuid,
        appointment: &Loaded<Appointment>,
        patient: &Loaded<Patient>,
        practitioner: &Loaded<Practitioner>,
    ) -> Result<Self, CommandError> {
        let version = appointment.version();
        let shown = Shown::Appointment(id, version, patient.version(), practitioner.version());
        let (patient, practitioner) = (patient.state(), practitioner.state());
        let resource = AppointmentResource::of(id, version, appointment.state(), patient, practitioner);
        let resource = resource.ok_or(Refusal::Appointment(AppointmentRefusal::Unknown))?;
        Ok(Self::showing(shown, &resource)?.of(patient))
    }

    pub(super) fn prescription(id: Uuid, prescription: &Loaded<Prescription>) -> Result<Self, CommandError> {
        let (version, state) = (prescription.version(), prescription.state());
        let known = state.prescribed().zip(state.status());
        let (prescribed, status) = known.ok_or(Refusal::Prescription(PrescriptionRefusal::Unknown))?;
        let resource = PrescriptionResource::new(id, version, prescribed, status, state);
        Self::showing(Shown::Prescription(id, version), &resource)
    }

    pub(super) fn account(id: Uuid, account: &Loaded<Account>) -> Result<Self, CommandError> {
        let version = account.version();
        Self::showing(
            Shown::Account(id, version),
            &AccountResource::new(id, version, account.state()),
        )
    }

    pub(super) fn invoice(id: Uuid, invoice: &Loaded<Invoice>) -> Result<Self, CommandError> {
        let (version, state) = (invoice.version(), invoice.state());
        let known = state.drafted().zip(state.status());
        let (drafted, status) = known.ok_or(Refusal::Invoice(InvoiceRefusal::Unknown))?;
        let resource = InvoiceResource::new(id, version, drafted, status, state);
        Self::showing(Shown::Invoice(id, version), &resource)
    }

    /// A payment towards an invoice, as the account knows it.
    pub(super) fn payment(
        invoice_id: Uuid,
        invoice_version: u64,
        account: &Loaded<Account>,
        reference: &PaymentReference,
    ) -> Result<Self, CommandError> {
        let state = account.state();
        let broken = || CommandError::Broken("a payment is not there".to_owned());
        let number = state
            .payments()
            .position(|known| known == reference)
            .ok_or_else(broken)?;
        let (payment, outcome) = state.payment(reference).ok_or_else(broken)?;
        let patient_id = state.patient_id().ok_or_else(broken)?;
        let resource = PaymentResource::new(patient_id, payment, outcome, state.refunded_minor(reference));
        Self::showing(
            Shown::Payment(invoice_id, invoice_version, account.version(), number),
            &resource,
        )
    }
}
