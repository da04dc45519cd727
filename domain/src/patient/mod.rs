//! The patient: demographics, contact details and status.
//!
//! [`email_addresses`](crate::email_addresses) keeps e-mail addresses unique across patients.

mod command;
mod event;
mod state;

#[cfg(test)]
mod scenarios;

pub use command::{DemographicsChange, HashedChange, PatientCommand, PatientRefusal};
pub use event::{Deceased, Demographics, PatientEvent, RecordedDemographics};
pub use state::{ActivePatient, Patient, PatientStatus, RegisteredPatient};

use crate::{Bare, Decider, aggregate::aggregate};

aggregate!(Patient = "patient", PatientCommand => PatientEvent, PatientRefusal);

impl Decider for Patient {
    fn decide(&self, command: PatientCommand) -> Result<Vec<PatientEvent>, PatientRefusal> {
        match (self.status, command) {
            (Some(PatientStatus::Erased), _) => Err(PatientRefusal::Erased),
            (None, PatientCommand::Register(recorded)) => Ok(vec![PatientEvent::Registered(recorded)]),
            (Some(_), PatientCommand::Register(_)) => Err(PatientRefusal::AlreadyRegistered),
            (None, _) => Err(PatientRefusal::Unknown),
            (Some(_), PatientCommand::ChangeDemographics(change)) => {
                let present = self.recorded.as_ref().ok_or(PatientRefusal::Unknown)?;
                let next = change.apply_to(present);
                if self
                    .deceased
                    .is_some_and(|known| known.is_before_birth(&next.demographics))
                {
                    return Err(PatientRefusal::BornAfterDeath);
                }
                let changed = next != *present;
                Ok(changed
                    .then_some(PatientEvent::DemographicsChanged(next))
                    .into_iter()
                    .collect())
            }
            (Some(PatientStatus::Active), PatientCommand::Deactivate) => Ok(vec![PatientEvent::Deactivated(Bare {})]),
            (Some(PatientStatus::Inactive), PatientCommand::Reactivate) => Ok(vec![PatientEvent::Reactivated(Bare {})]),
            (Some(_), PatientCommand::Deactivate | PatientCommand::Reactivate) => Ok(vec![]),
            (Some(_), PatientCommand::RecordDeath(told)) => self.record_death(told),
            (Some(_), PatientCommand::RevokeDeath) => {
                let revoked = PatientEvent::DeathEnteredInError(Bare {});
                Ok(self.deceased.map(|_| revoked).into_iter().collect())
            }
            (Some(_), PatientCommand::Erase) => Ok(vec![PatientEvent::Erased(Bare {})]),
        }
    }

    fn evolve(&mut self, event: &PatientEvent) {
        match event {
            PatientEvent::Registered(recorded) => {
                self.recorded = Some(recorded.clone());
                self.status = Some(PatientStatus::Active);
            }
            PatientEvent::DemographicsChanged(recorded) => self.recorded = Some(recorded.clone()),
            PatientEvent::Deactivated(_) => self.status = Some(PatientStatus::Inactive),
            PatientEvent::Reactivated(_) => self.status = Some(PatientStatus::Active),
            PatientEvent::Deceased(deceased) => self.deceased = Some(*deceased),
            PatientEvent::DeathEnteredInError(_) => self.deceased = None,
            PatientEvent::Erased(_) => {
                self.recorded = None;
                self.deceased = None;
                self.status = Some(PatientStatus::Erased);
            }
        }
    }

    fn data_subject(&self, own_id: &str) -> Option<String> {
        Some(own_id.to_owned())
    }
}

impl Patient {
    fn record_death(&self, told: Deceased) -> Result<Vec<PatientEvent>, PatientRefusal> {
        if self.demographics().is_some_and(|known| told.is_before_birth(known)) {
            return Err(PatientRefusal::DiedBeforeBirth);
        }
        let is_news = match self.deceased {
            None => true,
            Some(known) => told.deceased_at.is_some() && told != known,
        };
        Ok(is_news.then_some(PatientEvent::Deceased(told)).into_iter().collect())
    }
}
