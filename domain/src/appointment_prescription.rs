//! What has been prescribed at an appointment: a guard that lets one live prescription at a time stand against it.
//!
//! Its id is the appointment's. It is committed in the same atomic batch as the change to the prescription.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Decider,
    aggregate::{aggregate, events},
};

/// What can be asked of the guard.
#[derive(Clone, Copy, Debug)]
pub enum AppointmentPrescriptionCommand {
    /// Let a prescription stand against the appointment.
    Claim {
        /// The prescription.
        prescription_id: Uuid,
    },
    /// The prescription is not live any more.
    Release {
        /// The prescription.
        prescription_id: Uuid,
    },
}

events! {
    /// What can have happened to the guard.
    AppointmentPrescriptionEvent {
        /// A live prescription stands against the appointment.
        Claimed(ClaimingPrescription) = "appointment-prescription.claimed", version 1;
        /// It does not any more.
        Released(ClaimingPrescription) = "appointment-prescription.released", version 1;
    }
}

/// The prescription that an event of the guard is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimingPrescription {
    /// The prescription's id.
    pub prescription_id: Uuid,
}

/// Why the guard turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppointmentPrescriptionRefusal {
    /// Another live prescription stands against the appointment.
    #[error("the appointment has a live prescription, {by}")]
    Taken {
        /// That prescription.
        by: Uuid,
    },
}

/// The guard's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AppointmentPrescription {
    live: Option<Uuid>,
}

impl AppointmentPrescription {
    /// The live prescription, if there is one.
    #[must_use]
    pub const fn live(&self) -> Option<Uuid> {
        self.live
    }
}

aggregate!(
    AppointmentPrescription = "appointment-prescription",
    AppointmentPrescriptionCommand => AppointmentPrescriptionEvent,
    AppointmentPrescriptionRefusal
);

impl Decider for AppointmentPrescription {
    fn decide(
        &self,
        command: AppointmentPrescriptionCommand,
    ) -> Result<Vec<AppointmentPrescriptionEvent>, AppointmentPrescriptionRefusal> {
        use AppointmentPrescriptionCommand::{Claim, Release};
        use AppointmentPrescriptionEvent::{Claimed, Released};

        match (command, self.live) {
            (Claim { prescription_id }, None) => Ok(vec![Claimed(ClaimingPrescription { prescription_id })]),
            (Claim { prescription_id }, Some(by)) if by != prescription_id => {
                Err(AppointmentPrescriptionRefusal::Taken { by })
            }
            (Release { prescription_id }, Some(by)) if by == prescription_id => {
                Ok(vec![Released(ClaimingPrescription { prescription_id })])
            }
            (Claim { .. } | Release { .. }, _) => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: &AppointmentPrescriptionEvent) {
        self.live = match event {
            AppointmentPrescriptionEvent::Claimed(claiming) => Some(claiming.prescription_id),
            AppointmentPrescriptionEvent::Released(_) => None,
        };
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod scenarios {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};

    use super::*;

    const FIRST: Uuid = Uuid::from_u128(1);
    const SECOND: Uuid = Uuid::from_u128(2);

    fn claim(prescription_id: Uuid) -> AppointmentPrescriptionCommand {
        AppointmentPrescriptionCommand::Claim { prescription_id }
    }

    fn release(prescription_id: Uuid) -> AppointmentPrescriptionCommand {
        AppointmentPrescriptionCommand::Release { prescription_id }
    }

    fn claimed(prescription_id: Uuid) -> AppointmentPrescriptionEvent {
        AppointmentPrescriptionEvent::Claimed(ClaimingPrescription { prescription_id })
    }

    fn released(prescription_id: Uuid) -> AppointmentPrescriptionEvent {
        AppointmentPrescriptionEvent::Released(ClaimingPrescription { prescription_id })
    }

    fn given(events: Vec<AppointmentPrescriptionEvent>) -> AggregateTestExecutor<AppointmentPrescription> {
        TestFramework::with(()).given(events)
    }

    #[test]
    fn an_appointment_has_at_most_one_live_prescription() {
        given(vec![])
            .when(claim(FIRST))
            .then_expect_events(vec![claimed(FIRST)]);
        given(vec![claimed(FIRST)])
            .when(claim(SECOND))
            .then_expect_error(AppointmentPrescriptionRefusal::Taken { by: FIRST });
        given(vec![claimed(FIRST)])
            .when(claim(FIRST))
            .then_expect_events(vec![]);
    }

    #[test]
    fn one_that_has_ended_does_not_block_a_new_one() {
        given(vec![claimed(FIRST)])
            .when(release(FIRST))
            .then_expect_events(vec![released(FIRST)]);
        given(vec![claimed(FIRST), released(FIRST)])
            .when(claim(SECOND))
            .then_expect_events(vec![claimed(SECOND)]);
    }

    #[test]
    fn only_the_live_prescription_is_released() {
        given(vec![claimed(FIRST)])
            .when(release(SECOND))
            .then_expect_events(vec![]);
        given(vec![]).when(release(FIRST)).then_expect_events(vec![]);
    }
}
