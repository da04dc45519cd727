//! The published language of the API. Commands and queries return its resources in the same form. Nothing here does
//! I/O.

mod access;
mod account;
mod appointment;
mod consistency;
mod example;
mod history;
mod invoice;
mod money;
mod nouns;
mod page;
mod patient;
mod practitioner;
mod prescription;
mod projection;

pub use access::{
    AccessTokenResource, DiscoveryResource, InvitationResource, JwkResource, JwkSetResource, OneTimePasswordResource,
    RecoveryCodesResource, SecondFactorResource, ServiceKeyResource, SessionResource, TokenStatusResource,
    TokensResource, UserAccountResource,
};
pub use account::{
    AccountResource, AccountStatement, CurrencyProof, LedgerBalanceResource, LedgerProof, PaymentAllocationResource,
    PaymentResource, PostingResource,
};
pub use appointment::{
    AppointmentPatient, AppointmentPractitioner, AppointmentResource, CancellationResource, OverbookingResource,
};
pub use consistency::{CONSISTENCY_TOKEN, ConsistencyToken, InvalidToken};
pub use example::{Example, page_of};
pub use history::{FieldChange, HistoryEntry, changes};
pub use invoice::{AllocationResource, CreditNoteResource, InvoiceLineResource, InvoiceResource, TaxedAmountResource};
pub use money::MoneyResource;
pub use nouns::{ACCOUNTS, APPOINTMENTS, INVOICES, LEDGER, Noun, PATIENTS, PRACTITIONERS, PRESCRIPTIONS};
pub use page::Page;
pub use patient::{ErasedPatientResource, IdentifierResource, PatientResource};
pub use practitioner::{AvailabilityResource, PractitionerResource, TimeOffResource, WeeklyRuleResource};
pub use prescription::{MedicineResource, PrescriptionResource, RefillRequestResource};
pub use projection::ProjectionResource;
