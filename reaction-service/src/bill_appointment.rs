//! `appointment.fulfilled`: bills the appointment by the fee schedule.
//!
//! An appointment has one invoice, whose id is derived from the appointment's id. An appointment that is reopened and
//! fulfilled again is therefore not billed twice. Reopening does not reverse the invoice either: the correct amount
//! depends on the reason, which only people know. They issue a credit note or cancel the invoice. For the same reason,
//! the event is parked if the invoice of a fulfilled appointment was cancelled.
//!
//! Nothing is owed for an appointment entered in error. If it was marked while the bill was being stored, this reactor
//! withdraws the bill again.

use std::sync::Arc;

use commands::{BillAppointment, Caller, CommandError, Commands, Refusal};
use domain::{
    appointment::{Appointment, AppointmentRefusal, AppointmentStatus, Booked, Origin},
    fee_schedule::FeeSchedule,
    invoice::InvoiceLine,
    patient::PatientRefusal,
    practitioner::Practitioner,
    values::Amount,
};
use futures_util::future::{BoxFuture, FutureExt as _};
use journal::{Context, JournalEvent};
use uuid::Uuid;

use crate::{Description, Fault, Outcome, Reactor, bill, care, in_error};

const NOT_FULFILLED: Outcome = Outcome::Nothing("the appointment is no longer fulfilled");

pub(crate) static DESCRIPTION: Description = Description {
    name: "bill-appointment",
    check: "reactor bill-appointment",
    context: Context::Scheduling,
    event_types: &["appointment.fulfilled"],
};

/// Bills appointments.
#[derive(Debug)]
pub(crate) struct BillAppointments {
    commands: Commands,
    fees: Arc<FeeSchedule>,
}

impl BillAppointments {
    pub(crate) fn new(commands: Commands, fees: FeeSchedule) -> Self {
        Self {
            commands,
            fees: Arc::new(fees),
        }
    }

    async fn bill(&self, event: &JournalEvent) -> Result<Outcome, Fault> {
        let appointment_id = care::aggregate_id(event)?;
        let journal = self.commands.journal();
        let appointment = journal.load_latest::<Appointment>(&event.recorded.aggregate_id).await?;
        let Some(booked) = appointment.state().booked() else {
            return Err(Fault::Lasting("the appointment was never booked".to_owned()));
        };
        let caller = self.commands.reacting(DESCRIPTION.name, &event.recorded);
        if appointment.state().status() != Some(AppointmentStatus::Fulfilled) {
            self.withdraw_if_in_error(appointment_id, &caller).await?;
            return Ok(NOT_FULFILLED);
        }
        // Imported history was billed in its original system.
        if booked.origin == Origin::History {
            return Ok(Outcome::Nothing("the appointment is imported history"));
        }
        let Some(fee) = self.fee(booked).await? else {
            return Ok(Outcome::Nothing("the appointment is free of charge"));
        };
        let command = self.command(appointment_id, fee)?;
        match self.commands.execute(&command, &caller).await {
            Ok(_) => {
                self.withdraw_if_in_error(appointment_id, &caller).await?;
                Ok(Outcome::Done)
            }
            Err(CommandError::Refused(Refusal::Patient(PatientRefusal::Erased)) | CommandError::Erased) => {
                Ok(Outcome::Nothing("the patient has been erased"))
            }
            Err(CommandError::Refused(Refusal::Appointment(AppointmentRefusal::InStatus(_)))) => Ok(NOT_FULFILLED),
            Err(error) => Err(error.into()),
        }
    }

    async fn withdraw_if_in_error(&self, appointment_id: Uuid, caller: &Caller) -> Result<(), Fault> {
        match in_error::look(&self.commands, appointment_id).await? {
            Some(reason) => bill::withdraw(&self.commands, appointment_id, reason.text(), caller).await,
            None => Ok(()),
        }
    }

    async fn fee(&self, booked: &Booked) -> Result<Option<Amount>, Fault> {
        let id = booked.practitioner_id.to_string();
        let practitioner = self.commands.journal().load::<Practitioner>(&id).await?;
        let details = practitioner.state().details();
        let specialty = details.and_then(|details| details.specialty.as_ref());
        let length = booked.period.end() - booked.period.start();
        Ok(self.fees.fee(specialty, length))
    }

    fn command(&self, appointment_id: Uuid, fee: Amount) -> Result<BillAppointment, Fault> {
        let invoice_id = bill::invoice_id(appointment_id);
        let line_id = Uuid::new_v5(&invoice_id, b"appointment");
        let description = self.fees.description().clone();
        let line = InvoiceLine::parse(line_id, description, 1, fee, self.fees.tax_rate());
        Ok(BillAppointment {
            invoice_id,
            appointment_id,
            line: line.map_err(|invalid| Fault::Lasting(format!("the fee {invalid}")))?,
        })
    }
}

impl Reactor for BillAppointments {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn react<'a>(&'a self, event: &'a JournalEvent) -> BoxFuture<'a, Result<Outcome, Fault>> {
        self.bill(event).boxed()
    }
}
