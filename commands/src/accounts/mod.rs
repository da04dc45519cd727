//! The commands on accounts and their shared parts. The first command that needs an account opens it.

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

/// Checks that a person is a patient and is not erased. A deactivated patient can still owe and pay.
pub(crate) fn check_patient(id: Uuid, decision: &Decision<'_, '_>) -> Result<(), Stop> {
    let patient = decision.load::<Patient>(id)?;
    let refusal = match patient.state().status() {
        None => PatientRefusal::Unknown,
        Some(PatientStatus::Erased) => PatientRefusal::Erased,
        Some(PatientStatus::Active | PatientStatus::Inactive) => return Ok(()),
    };
    Err(Refusal::Patient(refusal).into())
}

/// A patient's account. If the reactor that opens accounts has not reached this patient yet, the same decision opens
/// it.
pub(crate) fn opened_account(patient_id: Uuid, decision: &mut Decision<'_, '_>) -> Result<Loaded<Account>, Stop> {
    check_patient(patient_id, decision)?;
    let mut account = decision.load::<Account>(patient_id)?;
    if account.state().patient_id().is_none() {
        decide(decision, &mut account, AccountCommand::Open { patient_id })?;
    }
    Ok(account)
}

/// The account of an invoice's patient.
pub(crate) fn charged_account(patient_id: Uuid, decision: &Decision<'_, '_>) -> Result<Loaded<Account>, Stop> {
    let account = decision.load::<Account>(patient_id)?;
    match account.state().patient_id() {
        Some(_) => Ok(account),
        None => Err(Refusal::Account(AccountRefusal::Unknown).into()),
    }
}

/// Decides a command on an account, and the commands on invoices that follow from it.
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
