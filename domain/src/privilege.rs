//! Privileges of roles. Only a check creates a privilege, so a command that needs one cannot be built without it. The
//! caller looks up the roles.

use crate::{access::Role, values::Reason};

/// The caller's roles do not include the required privilege.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this requires the role admin or practitioner")]
pub struct NotPrivileged;

/// The privilege to depart from the schedule. Only [`SchedulingPrivilege::of`] creates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulingPrivilege(());

impl SchedulingPrivilege {
    /// Grants the privilege to administrators and practitioners.
    ///
    /// # Errors
    /// None of the roles has the privilege.
    pub fn of(roles: &[Role]) -> Result<Self, NotPrivileged> {
        let has_it = |role: &Role| matches!(role, Role::Admin | Role::Practitioner);
        if roles.iter().any(has_it) {
            Ok(Self(()))
        } else {
            Err(NotPrivileged)
        }
    }

    /// Uses the privilege to overrule the schedule for a reason.
    #[must_use]
    pub fn overbook(self, reason: Reason) -> Overbooking {
        Overbooking { reason }
    }
}

/// A deliberate departure from the schedule: the time may be taken or lie outside the practitioner's hours. The event
/// records its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overbooking {
    reason: Reason,
}

impl Overbooking {
    /// The reason.
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
