//! Billing a fulfilled appointment. One commit drafts and issues the invoice and charges the account.

use domain::{
    appointment::{Appointment, AppointmentRefusal, AppointmentStatus},
    invoice::{Invoice, InvoiceCommand, InvoiceDrafted, InvoiceLine},
};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Refusal, Rules, decide, invoices::charge_issued, stop::Stop};

/// Bills a fulfilled appointment. If the invoice already exists, nothing changes, even if the line differs.
#[derive(Clone, Debug)]
pub struct BillAppointment {
    /// The id of the new invoice.
    pub invoice_id: Uuid,
    /// The appointment.
    pub appointment_id: Uuid,
    /// The invoice line.
    pub line: InvoiceLine,
}

impl Command for BillAppointment {
    const NAME: &'static str = "bill-appointment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient_id = self.fulfilled_by(decision)?;
        let id = self.invoice_id;
        let mut invoice = decision.load::<Invoice>(id)?;
        let before = invoice.version();
        if invoice.state().status().is_none() {
            let drafted = InvoiceDrafted {
                patient_id,
                currency: self.line.net().currency(),
                appointment_id: Some(self.appointment_id),
            };
            decide(decision, &mut invoice, InvoiceCommand::Draft(drafted))?;
            decide(decision, &mut invoice, InvoiceCommand::AddLine(self.line.clone()))?;
        }
        decide(decision, &mut invoice, InvoiceCommand::Issue)?;
        if invoice.version() > before {
            charge_issued(id, &invoice, patient_id, decision)?;
        }
        Ok(Answer::invoice(id, &invoice)?)
    }
}

impl BillAppointment {
    /// The patient of the fulfilled appointment.
    fn fulfilled_by(&self, decision: &Decision<'_, '_>) -> Result<Uuid, Stop> {
        let appointment = decision.load::<Appointment>(self.appointment_id)?;
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
