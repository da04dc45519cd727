//! The bill of an appointment: the id of its invoice, and its withdrawal.

use commands::{Caller, CommandError, Commands, Refusal, WithdrawBill};
use domain::{invoice::InvoiceRefusal, values::Reason};
use uuid::Uuid;

use crate::Fault;

/// The id of an appointment's invoice.
pub(crate) fn invoice_id(appointment_id: Uuid) -> Uuid {
    Uuid::new_v5(&appointment_id, b"invoice")
}

/// Withdraws the bill of an appointment, if there is one.
pub(crate) async fn withdraw(
    commands: &Commands,
    appointment_id: Uuid,
    reason: Option<Reason>,
    caller: &Caller,
) -> Result<(), Fault> {
    let invoice_id = invoice_id(appointment_id);
    let command = WithdrawBill {
        invoice_id,
        credit_note_id: Uuid::new_v5(&invoice_id, b"entered in error"),
        reason,
    };
    match commands.execute(&command, caller).await {
        Ok(_) | Err(CommandError::Refused(Refusal::Invoice(InvoiceRefusal::Unknown))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
