//! Drafting an invoice, with its first lines.

use domain::{
    appointment::{Appointment, AppointmentRefusal},
    invoice::{Invoice, InvoiceCommand, InvoiceDrafted, InvoiceLine, InvoiceRefusal},
};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Refusal, Rules, accounts::check_patient, decide, stop::Stop};

/// Drafts an invoice.
#[derive(Clone, Debug)]
pub struct DraftInvoice {
    /// The id of the new invoice.
    pub id: Uuid,
    /// The patient, the currency and the appointment.
    pub drafted: InvoiceDrafted,
    /// The first lines.
    pub lines: Vec<InvoiceLine>,
}

impl Command for DraftInvoice {
    const NAME: &'static str = "draft-invoice";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        check_patient(self.drafted.patient_id, decision)?;
        if let Some(appointment_id) = self.drafted.appointment_id {
            self.check_appointment(appointment_id, decision)?;
        }
        let mut invoice = decision.load::<Invoice>(self.id)?;
        decide(decision, &mut invoice, InvoiceCommand::Draft(self.drafted))?;
        for line in &self.lines {
            decide(decision, &mut invoice, InvoiceCommand::AddLine(line.clone()))?;
        }
        Ok(Answer::invoice(self.id, &invoice)?.made())
    }
}

impl DraftInvoice {
    /// Checks that the appointment belongs to the patient. Cancelled and missed appointments can be charged for.
    fn check_appointment(&self, id: Uuid, decision: &Decision<'_, '_>) -> Result<(), Stop> {
        let appointment = decision.load::<Appointment>(id)?;
        let unknown = Refusal::Appointment(AppointmentRefusal::Unknown);
        let booked = appointment.state().booked().ok_or(unknown)?;
        if booked.patient_id != self.drafted.patient_id {
            return Err(Refusal::Invoice(InvoiceRefusal::AnotherPatientsAppointment).into());
        }
        Ok(())
    }
}
