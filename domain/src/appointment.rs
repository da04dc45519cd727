//! The appointment: a patient sees a practitioner for a while.
//!
//! That nobody is in two places at once is the [`day`](crate::day) guard's rule; it is committed with the booking.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Decider,
    aggregate::{aggregate, events},
    patient::BookablePatient,
    practitioner::BookablePractitioner,
    values::{Notes, Period, Reason, TimeZone},
};

/// Who meets whom, when and why. Both parties come as proofs that they can be booked.
#[derive(Clone, Debug)]
pub struct Booking {
    /// The patient.
    pub patient: BookablePatient,
    /// The practitioner.
    pub practitioner: BookablePractitioner,
    /// When.
    pub period: Period,
    /// Why.
    pub reason: Option<Reason>,
    /// Free text.
    pub notes: Option<Notes>,
}

/// What can be asked of an appointment.
#[derive(Clone, Debug)]
pub enum AppointmentCommand {
    /// Book it. It must not start in the past.
    Book {
        /// What is booked.
        booking: Booking,
        /// The present instant.
        now: DateTime<Utc>,
    },
    /// Record an appointment that took place elsewhere or before, as booked and fulfilled.
    RecordFulfilled {
        /// What took place.
        booking: Booking,
        /// The present instant.
        now: DateTime<Utc>,
    },
}

events! {
    /// What can have happened to an appointment.
    AppointmentEvent {
        /// It was booked.
        Booked(Booked) = "appointment.booked", version 1;
        /// The patient was seen.
        Fulfilled(Fulfilled) = "appointment.fulfilled", version 1;
    }
}

/// The content of `appointment.booked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Booked {
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// When, as instants.
    pub period: Period,
    /// The practitioner's time zone at the time of booking.
    pub time_zone: TimeZone,
    /// What the clock on the practitioner's wall is meant to show at the start. It keeps the intention when a zone's
    /// rules change between booking and appointment.
    pub local_start: NaiveDateTime,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
    /// How it came about.
    pub origin: Origin,
}

/// How an appointment came to be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It was booked here, ahead of time.
    Booked,
    /// It was recorded after it had taken place, by an import of history.
    History,
}

/// The content of `appointment.fulfilled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fulfilled {
    /// When it ended.
    pub fulfilled_at: DateTime<Utc>,
}

/// Where an appointment stands (FHIR `Appointment.status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppointmentStatus {
    /// It is agreed.
    Booked,
    /// The patient was seen.
    Fulfilled,
}

impl AppointmentStatus {
    /// The FHIR code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Fulfilled => "fulfilled",
        }
    }
}

/// Why an appointment turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppointmentRefusal {
    /// The id is taken.
    #[error("the appointment is already booked")]
    AlreadyBooked,
    /// A new booking lies ahead.
    #[error("an appointment must not start in the past")]
    StartsInThePast,
    /// History lies behind.
    #[error("an appointment that has not ended cannot be recorded as fulfilled")]
    NotYetOver,
}

/// An appointment's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Appointment {
    booked: Option<Booked>,
    status: Option<AppointmentStatus>,
}

impl Appointment {
    /// What was booked; nothing before that.
    #[must_use]
    pub const fn booked(&self) -> Option<&Booked> {
        self.booked.as_ref()
    }

    /// Where it stands; nowhere before it is booked.
    #[must_use]
    pub const fn status(&self) -> Option<AppointmentStatus> {
        self.status
    }
}

impl Booking {
    fn into_booked(self, origin: Origin) -> Booked {
        let time_zone = self.practitioner.time_zone();
        Booked {
            patient_id: self.patient.id(),
            practitioner_id: self.practitioner.id(),
            period: self.period,
            time_zone,
            local_start: time_zone.local(self.period.start()),
            reason: self.reason,
            notes: self.notes,
            origin,
        }
    }
}

aggregate!(Appointment = "appointment", AppointmentCommand => AppointmentEvent, AppointmentRefusal);

impl Decider for Appointment {
    fn decide(&self, command: AppointmentCommand) -> Result<Vec<AppointmentEvent>, AppointmentRefusal> {
        if self.booked.is_some() {
            return Err(AppointmentRefusal::AlreadyBooked);
        }
        match command {
            AppointmentCommand::Book { booking, now } if booking.period.start() < now => {
                Err(AppointmentRefusal::StartsInThePast)
            }
            AppointmentCommand::Book { booking, .. } => {
                Ok(vec![AppointmentEvent::Booked(booking.into_booked(Origin::Booked))])
            }
            AppointmentCommand::RecordFulfilled { booking, now } if booking.period.end() > now => {
                Err(AppointmentRefusal::NotYetOver)
            }
            AppointmentCommand::RecordFulfilled { booking, .. } => {
                let fulfilled_at = booking.period.end();
                Ok(vec![
                    AppointmentEvent::Booked(booking.into_booked(Origin::History)),
                    AppointmentEvent::Fulfilled(Fulfilled { fulfilled_at }),
                ])
            }
        }
    }

    fn evolve(&mut self, event: &AppointmentEvent) {
        match event {
            AppointmentEvent::Booked(booked) => {
                self.booked = Some(booked.clone());
                self.status = Some(AppointmentStatus::Booked);
            }
            AppointmentEvent::Fulfilled(_) => self.status = Some(AppointmentStatus::Fulfilled),
        }
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        self.booked().map(|booked| booked.patient_id.to_string())
    }
}

#[cfg(test)]
mod scenarios {
    use cqrs_es::test::TestFramework;

    use super::*;
    use crate::{
        patient::{Demographics, Patient, PatientEvent},
        practitioner::{Practitioner, PractitionerDetails, PractitionerEvent},
        values::{DateOfBirth, Identifiers, Name},
    };

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn bookable_patient() -> BookablePatient {
        let mut patient = Patient::default();
        patient.evolve(&PatientEvent::Registered(Demographics {
            name: Name::parse("John Doe").expect("a name").into(),
            date_of_birth: DateOfBirth::parse("1990-01-01".parse().expect("a date"), instant("2026-01-01T00:00:00Z"))
                .expect("a date of birth")
                .into(),
            email: None,
            phone: None,
            address: None,
            gender: None,
            identifiers: Identifiers::default(),
        }));
        patient.bookable(Uuid::from_u128(1)).expect("registered")
    }

    fn bookable_practitioner() -> BookablePractitioner {
        let mut practitioner = Practitioner::default();
        practitioner.evolve(&PractitionerEvent::Registered(PractitionerDetails {
            name: Name::parse("Dr Ada Ruiz").expect("a name").into(),
            specialty: None,
            time_zone: TimeZone::parse("America/New_York").expect("a zone"),
            email: None,
        }));
        practitioner.bookable(Uuid::from_u128(2)).expect("registered")
    }

    fn booking() -> Booking {
        Booking {
            patient: bookable_patient(),
            practitioner: bookable_practitioner(),
            period: Period::parse(instant("2027-01-11T15:00:00Z"), instant("2027-01-11T15:30:00Z")).expect("a period"),
            reason: None,
            notes: None,
        }
    }

    fn booked(origin: Origin) -> AppointmentEvent {
        AppointmentEvent::Booked(Booked {
            patient_id: Uuid::from_u128(1),
            practitioner_id: Uuid::from_u128(2),
            period: booking().period,
            time_zone: TimeZone::parse("America/New_York").expect("a zone"),
            local_start: "2027-01-11T10:00:00".parse().expect("a local time"),
            reason: None,
            notes: None,
            origin,
        })
    }

    fn fulfilled() -> AppointmentEvent {
        AppointmentEvent::Fulfilled(Fulfilled {
            fulfilled_at: instant("2027-01-11T15:30:00Z"),
        })
    }

    fn appointment() -> TestFramework<Appointment> {
        TestFramework::with(())
    }

    #[test]
    fn a_booking_keeps_the_instants_the_zone_and_the_intended_local_time() {
        appointment()
            .given_no_previous_events()
            .when(AppointmentCommand::Book {
                booking: booking(),
                now: instant("2027-01-11T15:00:00Z"),
            })
            .then_expect_events(vec![booked(Origin::Booked)]);
    }

    #[test]
    fn a_new_booking_does_not_start_in_the_past() {
        appointment()
            .given_no_previous_events()
            .when(AppointmentCommand::Book {
                booking: booking(),
                now: instant("2027-01-11T15:00:01Z"),
            })
            .then_expect_error(AppointmentRefusal::StartsInThePast);
    }

    #[test]
    fn an_import_of_history_says_so_and_is_fulfilled() {
        appointment()
            .given_no_previous_events()
            .when(AppointmentCommand::RecordFulfilled {
                booking: booking(),
                now: instant("2027-02-01T00:00:00Z"),
            })
            .then_expect_events(vec![booked(Origin::History), fulfilled()]);
    }

    #[test]
    fn history_lies_behind() {
        appointment()
            .given_no_previous_events()
            .when(AppointmentCommand::RecordFulfilled {
                booking: booking(),
                now: instant("2027-01-11T15:29:59Z"),
            })
            .then_expect_error(AppointmentRefusal::NotYetOver);
    }

    #[test]
    fn an_appointment_is_booked_once() {
        appointment()
            .given(vec![booked(Origin::Booked)])
            .when(AppointmentCommand::Book {
                booking: booking(),
                now: instant("2027-01-01T00:00:00Z"),
            })
            .then_expect_error(AppointmentRefusal::AlreadyBooked);
    }

    #[test]
    fn the_status_follows_the_events() {
        let mut appointment = Appointment::default();
        assert_eq!(appointment.status(), None);
        appointment.evolve(&booked(Origin::History));
        assert_eq!(appointment.status(), Some(AppointmentStatus::Booked));
        appointment.evolve(&fulfilled());
        assert_eq!(appointment.status(), Some(AppointmentStatus::Fulfilled));
    }
}
