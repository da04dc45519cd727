//! The commands on practitioners and their shared parts.

mod add_time_off;
mod change;
mod deactivate;
mod register;
mod remove_time_off;
mod set_availability;

pub use add_time_off::AddTimeOff;
pub use change::ChangePractitioner;
pub use deactivate::DeactivatePractitioner;
use domain::practitioner::{Practitioner, PractitionerCommand};
use journal::{Decision, Loaded};
pub use register::RegisterPractitioner;
pub use remove_time_off::RemoveTimeOff;
pub use set_availability::SetAvailability;

use crate::{Target, decide, stop::Stop};

/// Decides a command on an existing practitioner.
fn change_practitioner(
    target: Target,
    command: PractitionerCommand,
    decision: &mut Decision<'_, '_>,
) -> Result<Loaded<Practitioner>, Stop> {
    let mut practitioner = decision.load::<Practitioner>(target.id)?;
    decide(decision, &mut practitioner, command)?;
    target.check_version(&practitioner)?;
    Ok(practitioner)
}
