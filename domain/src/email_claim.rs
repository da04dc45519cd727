//! The claim on an e-mail address: a guard that lets one patient at a time hold it.
//!
//! Its id is a keyed hash of the normalised address, so the log can enforce uniqueness without spelling addresses out.
//! It is committed in the same atomic batch as the change to the patient who claims.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Decider,
    aggregate::{aggregate, events},
};

/// What can be asked of a claim.
#[derive(Clone, Copy, Debug)]
pub enum EmailClaimCommand {
    /// Take the address for a patient.
    Claim {
        /// Who takes it.
        patient_id: Uuid,
    },
    /// Give the address up.
    Release {
        /// Who held it.
        patient_id: Uuid,
    },
}

events! {
    /// What can have happened to a claim.
    EmailClaimEvent {
        /// A patient took the address.
        Claimed(Holder) = "email-claim.claimed", version 1;
        /// The patient gave it up.
        Released(Holder) = "email-claim.released", version 1;
    }
}

/// The patient that an event of a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The patient's id.
    pub patient_id: Uuid,
}

/// Why a claim turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailClaimRefusal {
    /// Another patient holds the address.
    #[error("another patient holds this e-mail address")]
    Taken,
}

/// A claim's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct EmailClaim {
    holder: Option<Uuid>,
}

aggregate!(EmailClaim = "email-claim", EmailClaimCommand => EmailClaimEvent, EmailClaimRefusal);

impl Decider for EmailClaim {
    fn decide(&self, command: EmailClaimCommand) -> Result<Vec<EmailClaimEvent>, EmailClaimRefusal> {
        match (command, self.holder) {
            (EmailClaimCommand::Claim { patient_id }, None) => {
                Ok(vec![EmailClaimEvent::Claimed(Holder { patient_id })])
            }
            (EmailClaimCommand::Claim { patient_id }, Some(holder)) if holder == patient_id => Ok(vec![]),
            (EmailClaimCommand::Claim { .. }, Some(_)) => Err(EmailClaimRefusal::Taken),
            (EmailClaimCommand::Release { patient_id }, Some(holder)) if holder == patient_id => {
                Ok(vec![EmailClaimEvent::Released(Holder { patient_id })])
            }
            (EmailClaimCommand::Release { .. }, _) => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: &EmailClaimEvent) {
        self.holder = match event {
            EmailClaimEvent::Claimed(holder) => Some(holder.patient_id),
            EmailClaimEvent::Released(_) => None,
        };
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod scenarios {
    use cqrs_es::test::TestFramework;

    use super::*;

    const JOHN: Uuid = Uuid::from_u128(1);
    const JANE: Uuid = Uuid::from_u128(2);

    fn claimed(patient_id: Uuid) -> EmailClaimEvent {
        EmailClaimEvent::Claimed(Holder { patient_id })
    }

    fn released(patient_id: Uuid) -> EmailClaimEvent {
        EmailClaimEvent::Released(Holder { patient_id })
    }

    fn claim() -> TestFramework<EmailClaim> {
        TestFramework::with(())
    }

    #[test]
    fn a_free_address_can_be_claimed() {
        claim()
            .given_no_previous_events()
            .when(EmailClaimCommand::Claim { patient_id: JOHN })
            .then_expect_events(vec![claimed(JOHN)]);
    }

    #[test]
    fn a_held_address_cannot_be_claimed_by_another() {
        claim()
            .given(vec![claimed(JOHN)])
            .when(EmailClaimCommand::Claim { patient_id: JANE })
            .then_expect_error(EmailClaimRefusal::Taken);
    }

    #[test]
    fn claiming_what_one_holds_changes_nothing() {
        claim()
            .given(vec![claimed(JOHN)])
            .when(EmailClaimCommand::Claim { patient_id: JOHN })
            .then_expect_events(vec![]);
    }

    #[test]
    fn a_released_address_is_free_again() {
        claim()
            .given(vec![claimed(JOHN), released(JOHN)])
            .when(EmailClaimCommand::Claim { patient_id: JANE })
            .then_expect_events(vec![claimed(JANE)]);
    }

    #[test]
    fn only_the_holder_releases() {
        claim()
            .given(vec![claimed(JOHN)])
            .when(EmailClaimCommand::Release { patient_id: JANE })
            .then_expect_events(vec![]);
        claim()
            .given(vec![claimed(JOHN)])
            .when(EmailClaimCommand::Release { patient_id: JOHN })
            .then_expect_events(vec![released(JOHN)]);
    }
}
