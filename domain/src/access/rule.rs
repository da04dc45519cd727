//! Which roles may do which action, and on whose records.

use super::{Action, Role};

/// The records that an action may touch. A later one is wider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Those of the caller as a patient.
    OwnPatient,
    /// Those of the caller as a practitioner: their own diary and prescriptions, and the patients in them.
    OwnPractitioner,
    /// All records.
    All,
}

type Cell = Option<Reach>;

const NO: Cell = None;
const OWN: Cell = Some(Reach::OwnPatient);
const DIARY: Cell = Some(Reach::OwnPractitioner);
const ALL: Cell = Some(Reach::All);

/// Returns the widest reach that any of the roles has for an action, or `None` if none of them may do it.
#[must_use]
pub fn permits(roles: &[Role], action: Action) -> Option<Reach> {
    let columns = Role::ALL.iter().zip(row(action));
    columns
        .filter(|(role, _)| roles.contains(role))
        .filter_map(|(_, cell)| cell)
        .max()
}

/// A cell for each role, in the order of [`Role::ALL`].
#[rustfmt::skip]
const fn row(action: Action) -> [Cell; Role::ALL.len()] {
    match action {
        //                                  admin practitioner front-desk billing auditor patient service
        Action::ReadPatients           => [ALL,  DIARY,       ALL,       ALL,    ALL,    OWN,    NO],
        Action::RegisterPatient        => [ALL,  NO,          ALL,       NO,     NO,     NO,     NO],
        Action::ChangePatient          => [ALL,  NO,          ALL,       NO,     NO,     NO,     NO],
        Action::DeactivatePatient      => [ALL,  NO,          ALL,       NO,     NO,     NO,     NO],
        Action::RecordDeath            => [ALL,  NO,          ALL,       NO,     NO,     NO,     NO],
        Action::ErasePatient           => [ALL,  NO,          NO,        NO,     NO,     NO,     NO],
        // Who practises when is no secret in a clinic: patients choose among practitioners.
        Action::ReadPractitioners      => [ALL,  ALL,         ALL,       ALL,    ALL,    ALL,    NO],
        Action::RegisterPractitioner   => [ALL,  NO,          ALL,       NO,     NO,     NO,     NO],
        Action::ChangePractitioner     => [ALL,  DIARY,       ALL,       NO,     NO,     NO,     NO],
        Action::PlanPractitioner       => [ALL,  DIARY,       ALL,       NO,     NO,     NO,     NO],
        Action::DeactivatePractitioner => [ALL,  NO,          ALL,       NO,     NO,     NO,     NO],
        Action::ReadAppointments       => [ALL,  DIARY,       ALL,       ALL,    ALL,    OWN,    NO],
        Action::BookAppointment        => [ALL,  DIARY,       ALL,       NO,     NO,     OWN,    NO],
        Action::ChangeAppointment      => [ALL,  DIARY,       ALL,       NO,     NO,     NO,     NO],
        Action::CancelAppointment      => [ALL,  DIARY,       ALL,       NO,     NO,     OWN,    NO],
        Action::AttendAppointment      => [ALL,  DIARY,       ALL,       NO,     NO,     NO,     NO],
        Action::FulfilAppointment      => [ALL,  DIARY,       ALL,       NO,     NO,     NO,     NO],
        // The privilege to depart from the schedule decides further.
        Action::ReopenAppointment      => [ALL,  DIARY,       ALL,       NO,     NO,     NO,     NO],
        Action::MarkAppointmentInError => [ALL,  DIARY,       ALL,       NO,     NO,     NO,     NO],
        Action::ReadPrescriptions      => [ALL,  DIARY,       NO,        NO,     ALL,    OWN,    NO],
        Action::Prescribe              => [ALL,  DIARY,       NO,        NO,     NO,     NO,     NO],
        Action::RequestRefill          => [ALL,  DIARY,       NO,        NO,     NO,     OWN,    NO],
        Action::DecideRefill           => [ALL,  DIARY,       NO,        NO,     NO,     NO,     NO],
        Action::ReadAccounts           => [ALL,  NO,          NO,        ALL,    ALL,    OWN,    NO],
        Action::OpenAccount            => [ALL,  NO,          NO,        ALL,    NO,     NO,     ALL],
        Action::KeepAccount            => [ALL,  NO,          NO,        ALL,    NO,     NO,     NO],
        Action::ReadInvoices           => [ALL,  NO,          NO,        ALL,    ALL,    OWN,    NO],
        Action::Invoice                => [ALL,  NO,          NO,        ALL,    NO,     NO,     NO],
        Action::TakePayment            => [ALL,  NO,          NO,        ALL,    NO,     NO,     NO],
        Action::ProveLedger            => [ALL,  NO,          NO,        ALL,    ALL,    NO,     NO],
        Action::ReadProjections        => [ALL,  NO,          NO,        NO,     ALL,    NO,     NO],
        Action::ManageSignIns          => [ALL,  NO,          NO,        NO,     NO,     NO,     NO],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The actions that a role may do at all.
    fn deeds(role: Role) -> impl Iterator<Item = (Action, Reach)> {
        let reach = move |action: &Action| Some((*action, permits(&[role], *action)?));
        Action::ALL.iter().filter_map(reach)
    }

    #[test]
    fn without_a_role_nothing_is_permitted() {
        for action in Action::ALL {
            assert_eq!(permits(&[], *action), None, "{action:?}");
        }
    }

    #[test]
    fn an_administrator_may_do_everything() {
        for action in Action::ALL {
            assert_eq!(permits(&[Role::Admin], *action), Some(Reach::All), "{action:?}");
        }
    }

    #[test]
    fn a_patient_reaches_nobody_elses_records() {
        for (action, reach) in deeds(Role::Patient) {
            let is_public = action == Action::ReadPractitioners;
            assert!(is_public || reach == Reach::OwnPatient, "{action:?}");
        }
        for action in [Action::BookAppointment, Action::CancelAppointment, Action::ReadInvoices] {
            assert_eq!(permits(&[Role::Patient], action), Some(Reach::OwnPatient), "{action:?}");
        }
    }

    #[test]
    fn a_practitioner_reaches_their_own_diary_only() {
        for (action, reach) in deeds(Role::Practitioner) {
            let is_public = action == Action::ReadPractitioners;
            assert!(is_public || reach == Reach::OwnPractitioner, "{action:?}");
        }
    }

    #[test]
    fn an_auditor_reads_and_changes_nothing() {
        for (action, _) in deeds(Role::Auditor) {
            let reads = action.code().ends_with(".read") || action == Action::ProveLedger;
            assert!(reads, "{action:?}");
        }
    }

    #[test]
    fn only_administrators_and_practitioners_prescribe() {
        for role in Role::ALL {
            let prescribes = permits(&[*role], Action::Prescribe).is_some();
            let is_one = matches!(role, Role::Admin | Role::Practitioner);
            assert_eq!(prescribes, is_one, "{role:?}");
        }
    }

    #[test]
    fn a_service_opens_accounts_and_no_more() {
        let deeds: Vec<_> = deeds(Role::Service).collect();
        assert_eq!(deeds, [(Action::OpenAccount, Reach::All)]);
    }

    #[test]
    fn the_widest_reach_of_the_roles_applies() {
        let roles = [Role::Practitioner, Role::FrontDesk];
        assert_eq!(permits(&roles, Action::ReadAppointments), Some(Reach::All));
        assert_eq!(permits(&roles, Action::Prescribe), Some(Reach::OwnPractitioner));
        assert_eq!(permits(&roles, Action::ErasePatient), None);
    }
}
