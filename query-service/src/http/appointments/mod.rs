//! Queries on appointments. Responses include data from `cached_patient` and `practitioner`.

mod get;
mod list;

use api::{
    APPOINTMENTS, AppointmentPatient, AppointmentPractitioner, AppointmentResource, CancellationResource,
    OverbookingResource,
};
use read_models::appointment::EnrichedAppointment;

use super::endpoint::{Endpoint, Route};
use crate::past::own_appointment;

/// The projections behind an enriched appointment.
const PROJECTIONS: &[&str] = &["appointment", "cached_patient", "practitioner"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        list::route(),
        get::route(),
        Endpoint::history(&APPOINTMENTS).tells(own_appointment),
    ]
}

fn show(row: EnrichedAppointment) -> AppointmentResource {
    let appointment = row.appointment;
    AppointmentResource {
        id: appointment.id,
        status: appointment.status,
        start_time: appointment.start_time,
        end_time: appointment.end_time,
        time_zone: appointment.time_zone,
        reason: appointment.reason,
        notes: appointment.notes,
        arrived_at: appointment.arrived_at,
        fulfilled_at: appointment.fulfilled_at,
        cancellation: cancellation(
            appointment.cancellation_reason_code,
            appointment.cancellation_reason_text,
        ),
        overbooking: appointment.overbooked.then_some(OverbookingResource {
            reason: appointment.overbooking_reason,
        }),
        version: appointment.version,
        patient: AppointmentPatient {
            id: appointment.patient_id,
            name: row.patient_name,
            email: row.patient_email,
            phone: row.patient_phone,
            address: row.patient_address,
        },
        practitioner: AppointmentPractitioner {
            id: appointment.practitioner_id,
            name: row.practitioner_name,
            specialty: row.practitioner_specialty,
        },
    }
}

fn cancellation(reason_code: Option<String>, reason_text: Option<String>) -> Option<CancellationResource> {
    reason_code.map(|reason_code| CancellationResource {
        reason_code,
        reason_text,
    })
}
