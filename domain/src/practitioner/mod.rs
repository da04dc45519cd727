//! The practitioner: details, weekly availability and time off.

mod command;
mod event;
mod state;

#[cfg(test)]
mod scenarios;

pub use command::{DetailsChange, PractitionerCommand, PractitionerRefusal};
pub use event::{PractitionerDetails, PractitionerEvent, TimeOffRemoved};
pub use state::{ActivePractitioner, AvailablePractitioner, Practitioner, RegisteredPractitioner};

use uuid::Uuid;

use crate::{
    Bare, Decider,
    aggregate::aggregate,
    values::{TimeOff, WeeklyAvailability},
};

aggregate!(Practitioner = "practitioner", PractitionerCommand => PractitionerEvent, PractitionerRefusal);

type Decision = Result<Vec<PractitionerEvent>, PractitionerRefusal>;

impl Decider for Practitioner {
    fn decide(&self, command: PractitionerCommand) -> Decision {
        match (&self.details, command) {
            (None, PractitionerCommand::Register(details)) => Ok(vec![PractitionerEvent::Registered(details)]),
            (Some(_), PractitionerCommand::Register(_)) => Err(PractitionerRefusal::AlreadyRegistered),
            (None, _) => Err(PractitionerRefusal::Unknown),
            (Some(_), PractitionerCommand::Deactivate) if self.deactivated => Ok(vec![]),
            (Some(_), _) if self.deactivated => Err(PractitionerRefusal::Inactive),
            (Some(present), PractitionerCommand::ChangeDetails(change)) => {
                let next = change.apply_to(present);
                let changed = next != *present;
                Ok(changed
                    .then_some(PractitionerEvent::DetailsChanged(next))
                    .into_iter()
                    .collect())
            }
            (Some(_), PractitionerCommand::SetAvailability(availability)) => {
                let from = availability.effective_from();
                let kept = self.availability.iter().filter(|before| before.effective_from() < from);
                if kept.count() >= Self::MOST_AVAILABILITIES {
                    return Err(PractitionerRefusal::TooManyAvailabilities);
                }
                let changed = self.availability.last() != Some(&availability);
                let set = changed.then_some(PractitionerEvent::AvailabilitySet(availability));
                Ok(set.into_iter().collect())
            }
            (Some(_), PractitionerCommand::AddTimeOff(time_off)) => self.add_time_off(time_off),
            (Some(_), PractitionerCommand::RemoveTimeOff { time_off_id }) => self.remove_time_off(time_off_id),
            (Some(_), PractitionerCommand::Deactivate) => Ok(vec![PractitionerEvent::Deactivated(Bare {})]),
        }
    }

    fn evolve(&mut self, event: &PractitionerEvent) {
        match event {
            PractitionerEvent::Registered(details) | PractitionerEvent::DetailsChanged(details) => {
                self.details = Some(details.clone());
            }
            PractitionerEvent::AvailabilitySet(availability) => self.supersede(availability),
            PractitionerEvent::TimeOffAdded(time_off) => self.time_off.push(*time_off),
            PractitionerEvent::TimeOffRemoved(removed) => {
                self.time_off.retain(|time_off| time_off.id() != removed.time_off_id);
            }
            PractitionerEvent::Deactivated(_) => self.deactivated = true,
        }
    }

    fn data_subject(&self, own_id: &str) -> Option<String> {
        Some(own_id.to_owned())
    }
}

impl Practitioner {
    fn add_time_off(&self, time_off: TimeOff) -> Decision {
        match self.time_off.iter().find(|before| before.id() == time_off.id()) {
            None if self.time_off.len() >= Self::MOST_TIMES_OFF => Err(PractitionerRefusal::TooManyTimesOff),
            None => Ok(vec![PractitionerEvent::TimeOffAdded(time_off)]),
            Some(before) if *before == time_off => Ok(vec![]),
            Some(_) => Err(PractitionerRefusal::TimeOffIdUsed),
        }
    }

    fn remove_time_off(&self, time_off_id: Uuid) -> Decision {
        if !self.time_off.iter().any(|time_off| time_off.id() == time_off_id) {
            return Err(PractitionerRefusal::UnknownTimeOff);
        }
        Ok(vec![PractitionerEvent::TimeOffRemoved(TimeOffRemoved { time_off_id })])
    }

    /// Replaces every availability of this date or later. Earlier ones still apply to the days before it.
    fn supersede(&mut self, availability: &WeeklyAvailability) {
        let from = availability.effective_from();
        self.availability.retain(|before| before.effective_from() < from);
        self.availability.push(availability.clone());
    }
}
