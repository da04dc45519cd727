//! Drafting an invoice, with the lines that are known already.

use domain::{
    appointment::{Appointment, AppointmentRefusal},
    invoice::{Invoice, InvoiceCommand, InvoiceDrafted, InvoiceLine, InvoiceRefusal},
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, created, decide, invoices};

/// Drafts an invoice.
#[derive(Clone, Debug)]
pub struct DraftInvoice {
    /// The id it will have.
    pub id: Uuid,
    /// Who is charged, in which currency, and for which appointment.
    pub drafted: InvoiceDrafted,
    /// Its first lines.
    pub lines: Vec<InvoiceLine>,
}

impl Commands {
    /// Drafts an invoice.
    ///
    /// # Errors
    /// There is no such patient, a line is in another currency, or the log does not answer.
    pub async fn draft_invoice(&self, command: &DraftInvoice, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for DraftInvoice {
    const NAME: &'static str = "draft-invoice";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let patient_id = self.drafted.patient_id;
        commands.check_patient(patient_id, freshness).await?;
        if let Some(appointment_id) = self.drafted.appointment_id {
            self.check_appointment(commands, appointment_id, freshness).await?;
        }
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let mut invoice = commands.expect_new::<Invoice>(&self.id.to_string(), freshness).await?;
        decide(&mut work, &mut invoice, InvoiceCommand::Draft(self.drafted))?;
        for line in &self.lines {
            decide(&mut work, &mut invoice, InvoiceCommand::AddLine(line.clone()))?;
        }
        let resource = invoices::resource(self.id, &invoice)?;
        let answer = created(format!("/api/invoices/{}", self.id), invoice.version(), &resource)?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(patient_id),
            position: invoice.head().position,
        })
    }
}

impl DraftInvoice {
    /// Checks that an appointment was booked, and by the patient who is charged. One that was cancelled, or that the
    /// patient missed, can be charged for.
    async fn check_appointment(&self, commands: &Commands, id: Uuid, freshness: Freshness) -> Result<(), CommandError> {
        let appointment = commands.load::<Appointment>(&id.to_string(), freshness).await?;
        let unknown = Refusal::Appointment(AppointmentRefusal::Unknown);
        let booked = appointment.state().booked().ok_or(unknown)?;
        if booked.patient_id != self.drafted.patient_id {
            return Err(Refusal::Invoice(InvoiceRefusal::AnotherPatientsAppointment).into());
        }
        Ok(())
    }
}
