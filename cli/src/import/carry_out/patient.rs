//! Carries out patients.

use commands::{ChangePatient, DeactivatePatient, ReactivatePatient, RecordDeath, Refusal, RevokeDeath, Target};
use domain::{
    patient::{Deceased, Demographics, DemographicsChange, Patient, PatientRefusal, PatientStatus},
    unique_identifiers::IdentifierRefusal,
    values::{Change, Email},
};
use journal::Loaded;
use uuid::Uuid;

use super::{Carried, Record, differing, is_another};
use crate::import::{
    error::ImportError,
    executor::{Executor, Given},
    fate::Fate,
    fhir::{Notes, PatientRecord, What},
};

impl Record for PatientRecord {
    /// The e-mail address, and the identifiers, which can be unique: they belong to the first patient in the source.
    fn claims(&self) -> Vec<String> {
        let known = &self.command.demographics;
        let identifiers = known.identifiers.as_slice().iter();
        let identifiers = identifiers.map(|identifier| format!("{}|{}", identifier.system(), identifier.value()));
        known.email.iter().map(Email::normalised).chain(identifiers).collect()
    }

    async fn carry_out(
        mut self,
        executor: &Executor,
        notes: &mut Notes,
        _may_wait: bool,
    ) -> Result<Carried<Self>, ImportError> {
        if self.ends() {
            executor.note_ended();
        }
        loop {
            let given = executor.give(&self.command).await?;
            return Ok(match (&given, given.reason()) {
                (_, None) => Carried::Done(Fate::Imported),
                (Given::Refused(Refusal::EmailAddress(_)), Some(reason))
                    if self.command.demographics.email.is_some() =>
                {
                    notes.add("telecom e-mail", What::LeftOut, reason);
                    self.command.demographics.email = None;
                    continue;
                }
                (Given::Refused(Refusal::Identifier(IdentifierRefusal::Taken { place, .. })), Some(reason))
                    if *place < self.command.demographics.identifiers.as_slice().len() =>
                {
                    notes.add("identifier", What::LeftOut, reason);
                    self.command.demographics.identifiers.remove(*place);
                    continue;
                }
                (Given::Refused(Refusal::Patient(PatientRefusal::AlreadyRegistered)), _) => {
                    Carried::Done(self.compare(executor).await?)
                }
                (_, Some(reason)) => Carried::refused(reason),
            });
        }
    }

    async fn settle(self, executor: &Executor) -> Result<(), ImportError> {
        let Some(id) = self.command.id.filter(|_| self.ends()) else {
            return Ok(());
        };
        let there = executor.look::<Patient>(id).await?;
        if !executor.updates() && !is_unsettled(&there) {
            return Ok(());
        }
        let target = target(id);
        if let Change::Set(Deceased { deceased_at }) = self.death
            && (executor.updates() || there.state().deceased().is_none())
        {
            executor.give(&RecordDeath { target, deceased_at }).await?;
        }
        if !self.is_active && there.state().status() == Some(PatientStatus::Active) {
            executor.give(&DeactivatePatient { target }).await?;
        }
        Ok(())
    }
}

/// Whether the patient was only registered, perhaps by an interrupted import. `settle` records a death before it
/// deactivates.
fn is_unsettled(there: &Loaded<Patient>) -> bool {
    let (version, state) = (there.version(), there.state());
    version == 1 || version == 2 && state.deceased().is_some()
}

impl PatientRecord {
    /// Whether `settle` has something to do.
    const fn ends(&self) -> bool {
        !self.is_active || matches!(self.death, Change::Set(_))
    }

    /// Compares with the stored patient.
    async fn compare(&self, executor: &Executor) -> Result<Fate, ImportError> {
        let Some(id) = self.command.id else {
            return Ok(Fate::AlreadyThere);
        };
        let there = executor.look::<Patient>(id).await?;
        let Some(present) = there.state().demographics() else {
            return Ok(Fate::AlreadyThere);
        };
        let told = &self.command.demographics;
        let is_active = there.state().status() == Some(PatientStatus::Active);
        let differs = differing([
            ("name", told.name != present.name),
            ("birthDate", told.date_of_birth != present.date_of_birth),
            (
                "telecom e-mail",
                is_another(told.email.as_ref(), present.email.as_ref()),
            ),
            ("telecom phone", is_another(told.phone.as_ref(), present.phone.as_ref())),
            ("address", is_another(told.address.as_ref(), present.address.as_ref())),
            ("gender", is_another(told.gender.as_ref(), present.gender.as_ref())),
            (
                "identifier",
                !told.identifiers.is_empty() && told.identifiers != present.identifiers,
            ),
            // `settle` ends the care of a patient who was only registered.
            (
                "active",
                self.is_active != is_active && (self.is_active || !is_unsettled(&there)),
            ),
            ("deceased", self.tells_another_death(&there)),
        ]);
        if differs.is_empty() {
            return Ok(Fate::AlreadyThere);
        }
        if !executor.updates() {
            return Ok(Fate::Differs(differs));
        }
        let change = ChangePatient {
            target: target(id),
            change: change(told),
        };
        let mut given = executor.give(&change).await?;
        if self.is_active && !is_active && given.reason().is_none() {
            given = executor.give(&ReactivatePatient { target: target(id) }).await?;
        }
        if self.death == Change::Clear && given.reason().is_none() {
            given = executor.give(&RevokeDeath { target: target(id) }).await?;
        }
        Ok(match given.reason() {
            None => Fate::Updated(differs),
            Some(reason) => Fate::Refused(reason),
        })
    }

    fn tells_another_death(&self, there: &Loaded<Patient>) -> bool {
        match (&self.death, there.state().deceased()) {
            (Change::Keep, _) | (Change::Clear, None) => false,
            (Change::Clear, Some(_)) => true,
            (Change::Set(_), None) => !is_unsettled(there),
            (Change::Set(told), Some(known)) => told.deceased_at.is_some() && *told != known,
        }
    }
}

/// Sets the fields that the source has, and keeps the others.
fn change(told: &Demographics) -> DemographicsChange {
    fn set<T: Clone>(value: &Option<T>) -> Change<T> {
        value.clone().map_or(Change::Keep, Change::Set)
    }
    DemographicsChange {
        name: told.name.known().cloned(),
        date_of_birth: told.date_of_birth.known().copied(),
        email: set(&told.email),
        phone: set(&told.phone),
        address: set(&told.address),
        gender: set(&told.gender),
        identifiers: Some(told.identifiers.clone()).filter(|identifiers| !identifiers.is_empty()),
    }
}

const fn target(id: Uuid) -> Target {
    Target {
        id,
        expected_version: None,
    }
}
