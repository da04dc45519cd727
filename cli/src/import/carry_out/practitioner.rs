//! Carries out practitioners.

use commands::{ChangePractitioner, DeactivatePractitioner, Refusal, Target};
use domain::{
    practitioner::{DetailsChange, Practitioner, PractitionerRefusal},
    values::Change,
};

use super::{Carried, Record, differing, is_another};
use crate::import::{
    error::ImportError,
    executor::{Executor, Given},
    fate::Fate,
    fhir::{Notes, PractitionerRecord},
};

impl Record for PractitionerRecord {
    async fn carry_out(
        self,
        executor: &Executor,
        _notes: &mut Notes,
        _may_wait: bool,
    ) -> Result<Carried<Self>, ImportError> {
        if !self.is_active {
            executor.note_ended();
        }
        let given = executor.give(&self.command).await?;
        Ok(match (&given, given.reason()) {
            (_, None) => Carried::Done(Fate::Imported),
            (Given::Refused(Refusal::Practitioner(PractitionerRefusal::AlreadyRegistered)), _) => {
                Carried::Done(self.compare(executor).await?)
            }
            (_, Some(reason)) => Carried::refused(reason),
        })
    }

    async fn settle(self, executor: &Executor) -> Result<(), ImportError> {
        if self.is_active {
            return Ok(());
        }
        let there = executor.look::<Practitioner>(self.command.id).await?;
        // At version 1 the practitioner was only registered, perhaps by an interrupted import.
        let may_end = executor.updates() || there.version() == 1;
        if may_end && there.version() > 0 && !there.state().is_deactivated() {
            executor.give(&DeactivatePractitioner { target: self.target() }).await?;
        }
        Ok(())
    }
}

impl PractitionerRecord {
    /// Compares with the stored practitioner, except for the time zone, which FHIR does not contain.
    async fn compare(&self, executor: &Executor) -> Result<Fate, ImportError> {
        let there = executor.look::<Practitioner>(self.command.id).await?;
        let Some(present) = there.state().details() else {
            return Ok(Fate::AlreadyThere);
        };
        let told = &self.command.details;
        let is_active = !there.state().is_deactivated();
        let differs = differing([
            ("name", told.name != present.name),
            (
                "qualification",
                is_another(told.specialty.as_ref(), present.specialty.as_ref()),
            ),
            (
                "telecom e-mail",
                is_another(told.email.as_ref(), present.email.as_ref()),
            ),
            // At version 1 `settle` deactivates the practitioner.
            (
                "active",
                self.is_active != is_active && (self.is_active || there.version() > 1),
            ),
        ]);
        if differs.is_empty() {
            return Ok(Fate::AlreadyThere);
        }
        if !executor.updates() || differs == ["active"] && self.is_active {
            return Ok(Fate::Differs(differs));
        }
        let change = ChangePractitioner {
            target: self.target(),
            change: DetailsChange {
                name: told.name.known().cloned(),
                specialty: told.specialty.clone().map_or(Change::Keep, Change::Set),
                time_zone: None,
                email: told.email.clone().map_or(Change::Keep, Change::Set),
            },
        };
        Ok(match executor.give(&change).await?.reason() {
            None => Fate::Updated(differs),
            Some(reason) => Fate::Refused(reason),
        })
    }

    const fn target(&self) -> Target {
        Target {
            id: self.command.id,
            expected_version: None,
        }
    }
}
