//! The appointment: a patient sees a practitioner at an agreed time.
//!
//! [`bookings`](crate::bookings) prevents double bookings.

mod command;
mod event;
mod state;

#[cfg(test)]
mod scenarios;

pub use command::{AppointmentCommand, AppointmentRefusal, Booking, PastVisit};
pub use event::{
    AppointmentEvent, Arrived, Booked, Cancelled, EnteredInError, Fulfilled, NotesChanged, Origin, Overbooked,
    Reopened, Rescheduled,
};
pub use state::{Appointment, AppointmentStatus, PrescribableAppointment};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Bare, Decider,
    aggregate::aggregate,
    practitioner::AvailablePractitioner,
    values::{Change, Notes, Period},
};

aggregate!(Appointment = "appointment", AppointmentCommand => AppointmentEvent, AppointmentRefusal);

type Decision = Result<Vec<AppointmentEvent>, AppointmentRefusal>;

impl Decider for Appointment {
    fn decide(&self, command: AppointmentCommand) -> Decision {
        use AppointmentStatus as Status;

        let Some(status) = self.status else {
            return begin(command);
        };
        match (status, command) {
            (_, AppointmentCommand::Book { .. } | AppointmentCommand::RecordFulfilled { .. }) => {
                Err(AppointmentRefusal::AlreadyBooked)
            }
            (Status::EnteredInError, AppointmentCommand::MarkEnteredInError { reason }) => {
                repeated(reason.is_none() || reason == self.in_error_for, status)
            }
            (Status::EnteredInError, _) => Err(AppointmentRefusal::InStatus(status)),
            (_, AppointmentCommand::MarkEnteredInError { reason }) => {
                Ok(vec![AppointmentEvent::EnteredInError(EnteredInError { reason })])
            }
            (_, AppointmentCommand::ChangeNotes(change)) => Ok(self.change_notes(&change)),
            (Status::Booked, AppointmentCommand::Reschedule { slot, now, horizon }) => {
                self.reschedule(&slot, now, horizon)
            }
            (Status::Booked, AppointmentCommand::Arrive { now, early }) => self.arrive(now, early),
            (Status::Arrived, AppointmentCommand::Fulfil { now, early }) => self.fulfil(now, early),
            (Status::Booked | Status::Arrived, AppointmentCommand::Cancel(cancelled)) => {
                Ok(vec![AppointmentEvent::Cancelled(cancelled)])
            }
            (Status::Cancelled, AppointmentCommand::Cancel(cancelled)) => repeated(
                !cancelled.is_explained() || self.cancelled.as_ref() == Some(&cancelled),
                status,
            ),
            (Status::Booked, AppointmentCommand::Miss { now, grace }) => self.miss(now, grace),
            (Status::Fulfilled, AppointmentCommand::Reopen { .. }) => Ok(reopened(Status::Arrived)),
            (Status::NoShow, AppointmentCommand::Reopen { .. }) => Ok(reopened(Status::Booked)),
            (Status::Arrived, AppointmentCommand::Arrive { .. })
            | (Status::Fulfilled, AppointmentCommand::Fulfil { .. })
            | (Status::NoShow, AppointmentCommand::Miss { .. }) => Ok(vec![]),
            (status, _) => Err(AppointmentRefusal::InStatus(status)),
        }
    }

    fn evolve(&mut self, event: &AppointmentEvent) {
        match event {
            AppointmentEvent::Booked(booked) => {
                self.booked = Some(booked.clone());
                self.status = Some(AppointmentStatus::Booked);
            }
            AppointmentEvent::Rescheduled(rescheduled) => {
                if let Some(booked) = &mut self.booked {
                    booked.period = rescheduled.period;
                    booked.time_zone = rescheduled.time_zone;
                    booked.local_start = rescheduled.local_start;
                    booked.overbooking.clone_from(&rescheduled.overbooking);
                }
            }
            AppointmentEvent::Arrived(arrived) => {
                self.arrived_at = Some(arrived.arrived_at);
                self.status = Some(AppointmentStatus::Arrived);
            }
            AppointmentEvent::Fulfilled(fulfilled) => {
                self.fulfilled_at = Some(fulfilled.fulfilled_at);
                self.status = Some(AppointmentStatus::Fulfilled);
            }
            AppointmentEvent::Cancelled(cancelled) => {
                self.cancelled = Some(cancelled.clone());
                self.status = Some(AppointmentStatus::Cancelled);
            }
            AppointmentEvent::Missed(_) => self.status = Some(AppointmentStatus::NoShow),
            AppointmentEvent::Reopened(reopened) => {
                self.fulfilled_at = None;
                self.status = Some(reopened.status);
            }
            AppointmentEvent::NotesChanged(changed) => {
                if let Some(booked) = &mut self.booked {
                    booked.notes.clone_from(&changed.notes);
                }
            }
            AppointmentEvent::EnteredInError(in_error) => {
                self.in_error_for.clone_from(&in_error.reason);
                self.status = Some(AppointmentStatus::EnteredInError);
            }
        }
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        self.booked().map(|booked| booked.patient_id.to_string())
    }
}

/// Decides the commands that create an appointment.
fn begin(command: AppointmentCommand) -> Decision {
    match command {
        AppointmentCommand::Book { booking, now, horizon } => {
            check_ahead(booking.slot.period(), now, horizon)?;
            Ok(vec![AppointmentEvent::Booked(booking.into())])
        }
        AppointmentCommand::RecordFulfilled { visit, now } if visit.period.end() > now => {
            Err(AppointmentRefusal::NotYetOver)
        }
        AppointmentCommand::RecordFulfilled { visit, .. } => {
            let fulfilled_at = visit.period.end();
            Ok(vec![
                AppointmentEvent::Booked(visit.into()),
                AppointmentEvent::Fulfilled(Fulfilled { fulfilled_at }),
            ])
        }
        _ => Err(AppointmentRefusal::Unknown),
    }
}

/// Decides a repeated command: it changes nothing. Another reason is refused, because it would be lost.
fn repeated(is_same_reason: bool, status: AppointmentStatus) -> Decision {
    if is_same_reason {
        Ok(vec![])
    } else {
        Err(AppointmentRefusal::AnotherReason(status))
    }
}

/// Checks that a new time lies ahead, and not too far.
fn check_ahead(period: Period, now: DateTime<Utc>, horizon: TimeDelta) -> Result<(), AppointmentRefusal> {
    match period.start().signed_duration_since(now) {
        ahead if ahead < TimeDelta::zero() => Err(AppointmentRefusal::StartsInThePast),
        ahead if ahead > horizon => Err(AppointmentRefusal::TooFarAhead { horizon }),
        _ => Ok(()),
    }
}

fn reopened(status: AppointmentStatus) -> Vec<AppointmentEvent> {
    vec![AppointmentEvent::Reopened(Reopened { status })]
}

impl Appointment {
    fn reschedule(&self, slot: &AvailablePractitioner, now: DateTime<Utc>, horizon: TimeDelta) -> Decision {
        let booked = self.booked.as_ref().ok_or(AppointmentRefusal::Unknown)?;
        let (practitioner, period) = (slot.practitioner(), slot.period());
        if practitioner.id() != booked.practitioner_id {
            return Err(AppointmentRefusal::AnotherPractitioner);
        }
        let overbooking = slot.overbooking().map(Overbooked::from);
        // A new reason for an overbooking is recorded even if the time stays, so that it is not lost.
        if period == booked.period && (overbooking.is_none() || overbooking == booked.overbooking) {
            return Ok(vec![]);
        }
        check_ahead(period, now, horizon)?;
        Ok(vec![AppointmentEvent::Rescheduled(Rescheduled {
            period,
            time_zone: practitioner.time_zone(),
            local_start: practitioner.time_zone().local(period.start()),
            overbooking,
        })])
    }

    fn arrive(&self, now: DateTime<Utc>, early: TimeDelta) -> Decision {
        if self.begins_after(now, early)? {
            return Err(AppointmentRefusal::TooEarlyToArrive { early });
        }
        Ok(vec![AppointmentEvent::Arrived(Arrived { arrived_at: now })])
    }

    fn fulfil(&self, now: DateTime<Utc>, early: TimeDelta) -> Decision {
        if self.begins_after(now, early)? {
            return Err(AppointmentRefusal::NotYetBegun);
        }
        Ok(vec![AppointmentEvent::Fulfilled(Fulfilled { fulfilled_at: now })])
    }

    /// Whether it begins only after a while from now.
    fn begins_after(&self, now: DateTime<Utc>, while_from_now: TimeDelta) -> Result<bool, AppointmentRefusal> {
        let booked = self.booked.as_ref().ok_or(AppointmentRefusal::Unknown)?;
        Ok(booked.period.start().signed_duration_since(now) > while_from_now)
    }

    fn miss(&self, now: DateTime<Utc>, grace: TimeDelta) -> Decision {
        let booked = self.booked.as_ref().ok_or(AppointmentRefusal::Unknown)?;
        match booked.period.start().checked_add_signed(grace) {
            Some(waited_until) if waited_until <= now => Ok(vec![AppointmentEvent::Missed(Bare {})]),
            _ => Err(AppointmentRefusal::TooEarlyToMiss),
        }
    }

    fn change_notes(&self, change: &Change<Notes>) -> Vec<AppointmentEvent> {
        let present = self.booked.as_ref().and_then(|booked| booked.notes.clone());
        let notes = change.apply_to(&present);
        let changed = notes != present;
        let event = changed.then_some(AppointmentEvent::NotesChanged(NotesChanged { notes }));
        event.into_iter().collect()
    }
}

impl From<Booking> for Booked {
    fn from(booking: Booking) -> Self {
        let (practitioner, period) = (booking.slot.practitioner(), booking.slot.period());
        Self {
            patient_id: booking.patient.id(),
            practitioner_id: practitioner.id(),
            period,
            time_zone: practitioner.time_zone(),
            local_start: practitioner.time_zone().local(period.start()),
            reason: booking.reason,
            notes: booking.notes,
            origin: Origin::Booked,
            overbooking: booking.slot.overbooking().map(Overbooked::from),
        }
    }
}

impl From<PastVisit> for Booked {
    fn from(visit: PastVisit) -> Self {
        let time_zone = visit.practitioner.time_zone();
        Self {
            patient_id: visit.patient.id(),
            practitioner_id: visit.practitioner.id(),
            period: visit.period,
            time_zone,
            local_start: time_zone.local(visit.period.start()),
            reason: visit.reason,
            notes: visit.notes,
            origin: Origin::History,
            overbooking: visit.overlap.map(|reason| Overbooked { reason: reason.into() }),
        }
    }
}
