//! Billing a fulfilled appointment: its invoice is drafted and issued, and the account charged, in one step, so that no
//! half of it can be left behind.

use domain::{
    appointment::{Appointment, AppointmentRefusal, AppointmentStatus},
    invoice::{Invoice, InvoiceCommand, InvoiceDrafted, InvoiceLine},
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, decide, invoices};

/// Bills a fulfilled appointment.
#[derive(Clone, Debug)]
pub struct BillAppointment {
    /// The id that the invoice has. Billing under the same id again changes nothing.
    pub invoice_id: Uuid,
    /// The appointment.
    pub appointment_id: Uuid,
    /// What is charged.
    pub line: InvoiceLine,
}

impl Commands {
    /// Bills a fulfilled appointment. One that has been billed under this id stays as it is, whatever the line says.
    ///
    /// # Errors
    /// There is no such appointment, it is not fulfilled, the patient has been erased, the invoice has been cancelled,
    /// the account is closed, or the log does not answer.
    pub async fn bill_appointment(&self, command: &BillAppointment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for BillAppointment {
    const NAME: &'static str = "bill-appointment";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let patient_id = self.fulfilled_by(commands, freshness).await?;
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let id = self.invoice_id;
        let mut invoice = commands.expect_new::<Invoice>(&id.to_string(), freshness).await?;
        let mut position = invoice.head().position;
        if invoice.state().status().is_none() {
            let drafted = InvoiceDrafted {
                patient_id,
                currency: self.line.net().currency(),
                appointment_id: Some(self.appointment_id),
            };
            decide(&mut work, &mut invoice, InvoiceCommand::Draft(drafted))?;
            decide(&mut work, &mut invoice, InvoiceCommand::AddLine(self.line.clone()))?;
        }
        decide(&mut work, &mut invoice, InvoiceCommand::Issue)?;
        if !work.is_empty() {
            let charged = commands
                .charge_issued(&mut work, id, &invoice, patient_id, freshness)
                .await?;
            position = position.max(charged);
        }
        Ok(Attempted {
            work,
            answer: invoices::changed(id, &invoice)?,
            data_subject: Some(patient_id),
            position,
        })
    }
}

impl BillAppointment {
    /// Who was seen.
    async fn fulfilled_by(&self, commands: &Commands, freshness: Freshness) -> Result<Uuid, CommandError> {
        let appointment = commands
            .load::<Appointment>(&self.appointment_id.to_string(), freshness)
            .await?;
        let (booked, status) = (appointment.state().booked(), appointment.state().status());
        let (booked, status) = booked
            .zip(status)
            .ok_or(Refusal::Appointment(AppointmentRefusal::Unknown))?;
        match status {
            AppointmentStatus::Fulfilled => Ok(booked.patient_id),
            status => Err(Refusal::Appointment(AppointmentRefusal::InStatus(status)).into()),
        }
    }
}
