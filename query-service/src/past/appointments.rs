//! Past states of appointments, with the state of the patient and of the practitioner at that moment.

use api::AppointmentResource;
use domain::{
    appointment::Appointment,
    patient::{Patient, PatientStatus},
    practitioner::Practitioner,
};
use log_reader::Moment;
use uuid::Uuid;

use super::{PastError, ScopedReader, Seen};

/// Returns a past state of an appointment.
///
/// # Errors
/// The appointment did not exist at that moment, or the log cannot be read.
pub(crate) async fn appointment(
    reader: ScopedReader<Appointment>,
    id: Uuid,
    moment: Moment,
) -> Result<Seen<AppointmentResource>, PastError> {
    let opened = reader.open(id).await?;
    let past = opened.history.at(moment).ok_or(PastError::NotThen)?;
    let booked = past.state.booked().ok_or(PastError::NotThen)?;
    // For a version, patient and practitioner are shown as of the time of its event.
    let then = match moment {
        Moment::Version(_) => Moment::AsOf(past.time),
        moment => moment,
    };
    let patient = opened.history_of::<Patient>(booked.patient_id).await?;
    let practitioner = opened.history_of::<Practitioner>(booked.practitioner_id).await?;
    let patient = match patient.at(Moment::Now) {
        Some(now) if now.state.status() == Some(PatientStatus::Erased) => now.state,
        _ => patient.at(then).map(|past| past.state).unwrap_or_default(),
    };
    let practitioner = practitioner.at(then).map(|past| past.state).unwrap_or_default();
    let resource = AppointmentResource::of(id, past.version, &past.state, &patient, &practitioner);
    Ok(Seen {
        version: past.version,
        resource: resource.ok_or(PastError::NotThen)?,
    })
}

/// The resource from the appointment's own events. It has only the ids of the patient and the practitioner.
pub(crate) fn own(id: Uuid, version: u64, appointment: &Appointment) -> Option<AppointmentResource> {
    let (patient, practitioner) = (Patient::default(), Practitioner::default());
    AppointmentResource::of(id, version, appointment, &patient, &practitioner)
}
