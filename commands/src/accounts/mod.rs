//! The commands on accounts, and what they share: an account is opened by the first command that needs it, whichever that is.

mod adjust;
mod charge;
mod close;
mod move_payment;
mod open;
mod pay;
mod refund;
mod settle;

pub use adjust::PostAdjustment;
pub use charge::PostCharge;
pub use close::CloseAccount;
use domain::{
    Decider as _,
    account::{Account, AccountCommand, AccountRefusal},
    invoice::Invoice,
    patient::{Patient, PatientRefusal, PatientStatus},
    settlement,
};
use journal::{Decision, Loaded};
pub use move_payment::MovePayment;
pub use open::OpenAccount;
pub use pay::TakeAccountPayment;
pub use refund::RefundAccountPayment;
pub use settle::SettleAccountPayment;
use uuid::Uuid;

use crate::{Refusal, decide, stop::Stop};

/// Checks that a person is a patient and has not been erased. One who has been deactivated still owes and pays.
pub(crate) fn check_patient(id: Uuid, decision: &Decision<'_, '_>) -> Result<(), Stop> {
    let patient = decision.load::<Patient>(id)?;
    let refusal = match patient.state().status() {
        None => PatientRefusal::Unknown,
        Some(PatientStatus::Erased) => PatientRefusal::Erased,
        Some(PatientStatus::Active | PatientStatus::Inactive) => return Ok(()),
    };
    Err(Refusal::Patient(refusal).into())
}

/// A patient's account. Where it has not been opened yet, because whatever opens accounts has not come to this patient, that
/// is done in the same decision.
pub(crate) fn opened_account(patient_id: Uuid, decision: &mut Decision<'_, '_>) -> Result<Loaded<Account>, Stop> {
    check_patient(patient_id, decision)?;
    let mut account = decision.load::<Account>(patient_id)?;
    if account.state().patient_id().is_none() {
        decide(decision, &mut account, AccountCommand::Open { patient_id })?;
    }
    Ok(account)
}

/// The account that an invoice was charged to.
pub(crate) fn charged_account(patient_id: Uuid, decision: &Decision<'_, '_>) -> Result<Loaded<Account>, Stop> {
    let account = decision.load::<Account>(patient_id)?;
    match account.state().patient_id() {
        Some(_) => Ok(account),
        None => Err(Refusal::Account(AccountRefusal::Unknown).into()),
    }
}

/// Enters something on an account. What follows from it for invoices is decided with it.
pub(crate) fn enter(
    decision: &mut Decision<'_, '_>,
    account: &mut Loaded<Account>,
    command: AccountCommand,
) -> Result<(), Stop> {
    let events = account.state().decide(command).map_err(Refusal::Account)?;
    decision.stage(account, &events)?;
    for event in &events {
        for (invoice_id, asked) in settlement::asked_of_invoices(account.state(), event) {
            let mut invoice = decision.load::<Invoice>(invoice_id)?;
            decide(decision, &mut invoice, asked)?;
        }
    }
    Ok(())
}
