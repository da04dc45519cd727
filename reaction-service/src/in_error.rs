//! Whether an appointment was entered in error, and the reason that its consequences are ended with.

use commands::Commands;
use domain::{
    appointment::{Appointment, AppointmentStatus},
    patient::{Patient, PatientStatus},
    prescription::StatusReason,
    values::Reason,
};
use uuid::Uuid;

use crate::Fault;

const TEXT: &str = "The appointment was entered in error";

/// The reason. Texts about erased people are not written.
#[derive(Clone, Debug)]
pub(crate) struct InError(Option<Reason>);

impl InError {
    pub(crate) fn text(&self) -> Option<Reason> {
        self.0.clone()
    }

    pub(crate) fn of_prescription(&self) -> StatusReason {
        StatusReason {
            reason_code: None,
            reason_text: self.text(),
        }
    }
}

/// Returns the reason if an appointment was entered in error. It asks the stream's leader.
pub(crate) async fn look(commands: &Commands, appointment_id: Uuid) -> Result<Option<InError>, Fault> {
    let journal = commands.journal();
    let appointment = journal.load_latest::<Appointment>(&appointment_id.to_string()).await?;
    let state = appointment.state();
    let in_error = state.status() == Some(AppointmentStatus::EnteredInError);
    let Some(booked) = state.booked().filter(|_| in_error) else {
        return Ok(None);
    };
    let patient = journal.load_latest::<Patient>(&booked.patient_id.to_string()).await?;
    let is_erased = patient.state().status() == Some(PatientStatus::Erased);
    let text = Reason::parse(TEXT).ok().filter(|_| !is_erased);
    Ok(Some(InError(text)))
}
