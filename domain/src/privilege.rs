//! What a role may do beyond the ordinary. A privilege is a value that only a check hands out, so that a command which
//! needs one cannot be written without it. Who has which role is found out elsewhere.

use crate::values::{Reason, codes::codes};

codes! {
    /// What someone is to the clinic.
    Role {
        /// They run it.
        Admin = "admin";
        /// They see patients.
        Practitioner = "practitioner";
        /// They receive patients and make appointments.
        FrontDesk = "front-desk";
        /// They charge for what was done.
        Billing = "billing";
        /// They are seen; they act for themselves only.
        Patient = "patient";
    }
}

/// None of someone's roles has the privilege that a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this needs the role admin or practitioner")]
pub struct NotPrivileged;

/// The privilege to depart from the schedule: only [`SchedulingPrivilege::of`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulingPrivilege(());

impl SchedulingPrivilege {
    /// Checks someone's roles: administrators and practitioners have it.
    ///
    /// # Errors
    /// None of the roles has it.
    pub fn of(roles: &[Role]) -> Result<Self, NotPrivileged> {
        let has_it = |role: &Role| matches!(role, Role::Admin | Role::Practitioner);
        if roles.iter().any(has_it) {
            Ok(Self(()))
        } else {
            Err(NotPrivileged)
        }
    }

    /// Uses the privilege to book what the schedule does not allow, for a reason.
    #[must_use]
    pub fn overbook(self, reason: Reason) -> Overbooking {
        Overbooking { reason }
    }
}

/// A deliberate departure from the schedule: the time may be taken, or lie outside the practitioner's hours. It is
/// recorded with what it allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overbooking {
    reason: Reason,
}

impl Overbooking {
    /// Why.
    #[must_use]
    pub const fn reason(&self) -> &Reason {
        &self.reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_and_practitioners_may_depart_from_the_schedule() {
        for role in [Role::Admin, Role::Practitioner] {
            assert!(SchedulingPrivilege::of(&[Role::Patient, role]).is_ok());
        }
        let others = [Role::FrontDesk, Role::Billing, Role::Patient];
        assert_eq!(SchedulingPrivilege::of(&others), Err(NotPrivileged));
        assert_eq!(SchedulingPrivilege::of(&[]), Err(NotPrivileged));
    }
}
