//! The two read models, as disintegrate wants them: a listener each, which is handed one event after the other. It can be
//! handed an event again after a crash, so a statement that has been carried out changes nothing.

use async_trait::async_trait;
use disintegrate::{EventListener, PersistedEvent, StreamQuery, query};
use disintegrate_postgres::PgEventId;
use sqlx::{PgPool, Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use super::events::{AppointmentEvent, Known, PatientEvent, Recorded};

const REGISTER: &str = "
    INSERT INTO cached_patient (id, name, email, phone, address, erased, version)
    VALUES ($1, $3, $4, $5, $6, false, $2) ON CONFLICT (id) DO NOTHING";
const CHANGE: &str = "
    UPDATE cached_patient SET name = $3, email = $4, phone = $5, address = $6, version = $2
    WHERE id = $1 AND version < $2";
const COUNT: &str = "UPDATE cached_patient SET version = $2 WHERE id = $1 AND version < $2";

const BOOK: &str = "
    INSERT INTO appointment (id, version, updated_at, patient_id, practitioner_id, start_time, end_time, time_zone,
                             status, reason, notes, booked_at, overbooked)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'booked', $9, $10, $3, false) ON CONFLICT (id) DO NOTHING";
const MOVE: &str = "
    UPDATE appointment SET start_time = $4, end_time = $5, time_zone = $6, updated_at = $3, version = $2
    WHERE id = $1 AND version < $2";
const ARRIVE: &str = "
    UPDATE appointment SET status = 'arrived', arrived_at = $4, updated_at = $3, version = $2
    WHERE id = $1 AND version < $2";
const FULFIL: &str = "
    UPDATE appointment SET status = 'fulfilled', fulfilled_at = $4, updated_at = $3, version = $2
    WHERE id = $1 AND version < $2";
const CANCEL: &str = "
    UPDATE appointment SET status = 'cancelled', cancellation_reason_code = $4, cancellation_reason_text = $5,
                           updated_at = $3, version = $2
    WHERE id = $1 AND version < $2";

type Statement = Query<'static, Postgres, PgArguments>;

/// Shows in `cached_patient` what is known of patients.
pub(super) struct Patients {
    query: StreamQuery<PgEventId, PatientEvent>,
    pool: PgPool,
}

impl Patients {
    pub(super) fn new(pool: PgPool) -> Self {
        Self {
            query: query!(PatientEvent),
            pool,
        }
    }
}

#[async_trait]
impl EventListener<PgEventId, PatientEvent> for Patients {
    type Error = sqlx::Error;

    fn id(&self) -> &'static str {
        "cached_patient"
    }

    fn query(&self) -> &StreamQuery<PgEventId, PatientEvent> {
        &self.query
    }

    async fn handle(&self, event: PersistedEvent<PgEventId, PatientEvent>) -> Result<(), sqlx::Error> {
        let statement = match event.into_inner() {
            PatientEvent::PatientRegistered {
                patient_id,
                recorded,
                known,
            } => with_known(REGISTER, patient_id, &recorded, known),
            PatientEvent::DemographicsChanged {
                patient_id,
                recorded,
                known,
            } => with_known(CHANGE, patient_id, &recorded, known),
            PatientEvent::PatientDeactivated { patient_id, recorded }
            | PatientEvent::PatientReactivated { patient_id, recorded } => {
                sqlx::query(COUNT).bind(patient_id).bind(recorded.version)
            }
        };
        statement.execute(&self.pool).await.map(drop)
    }
}

fn with_known(statement: &'static str, id: Uuid, recorded: &Recorded, known: Known) -> Statement {
    sqlx::query(statement)
        .bind(id)
        .bind(recorded.version)
        .bind(known.name)
        .bind(known.email)
        .bind(known.phone)
        .bind(known.address)
}

/// Shows appointments in `appointment`.
pub(super) struct Appointments {
    query: StreamQuery<PgEventId, AppointmentEvent>,
    pool: PgPool,
}

impl Appointments {
    pub(super) fn new(pool: PgPool) -> Self {
        Self {
            query: query!(AppointmentEvent),
            pool,
        }
    }
}

#[async_trait]
impl EventListener<PgEventId, AppointmentEvent> for Appointments {
    type Error = sqlx::Error;

    fn id(&self) -> &'static str {
        "appointment"
    }

    fn query(&self) -> &StreamQuery<PgEventId, AppointmentEvent> {
        &self.query
    }

    async fn handle(&self, event: PersistedEvent<PgEventId, AppointmentEvent>) -> Result<(), sqlx::Error> {
        statement(event.into_inner()).execute(&self.pool).await.map(drop)
    }
}

fn statement(event: AppointmentEvent) -> Statement {
    match event {
        AppointmentEvent::AppointmentBooked {
            appointment_id,
            recorded,
            booking,
        } => of(BOOK, appointment_id, &recorded)
            .bind(booking.patient_id)
            .bind(booking.practitioner_id)
            .bind(booking.period.start)
            .bind(booking.period.end)
            .bind(booking.time_zone)
            .bind(booking.reason)
            .bind(booking.notes),
        AppointmentEvent::AppointmentRescheduled {
            appointment_id,
            recorded,
            moved,
        } => of(MOVE, appointment_id, &recorded)
            .bind(moved.period.start)
            .bind(moved.period.end)
            .bind(moved.time_zone),
        AppointmentEvent::AppointmentArrived {
            appointment_id,
            recorded,
            arrival,
        } => of(ARRIVE, appointment_id, &recorded).bind(arrival.arrived_at),
        AppointmentEvent::AppointmentFulfilled {
            appointment_id,
            recorded,
            fulfilment,
        } => of(FULFIL, appointment_id, &recorded).bind(fulfilment.fulfilled_at),
        AppointmentEvent::AppointmentCancelled {
            appointment_id,
            recorded,
            cancellation,
        } => of(CANCEL, appointment_id, &recorded)
            .bind(cancellation.reason_code)
            .bind(cancellation.reason_text),
    }
}

/// A statement about an appointment, with what they all need.
fn of(statement: &'static str, id: Uuid, recorded: &Recorded) -> Statement {
    sqlx::query(statement)
        .bind(id)
        .bind(recorded.version)
        .bind(recorded.time)
}
