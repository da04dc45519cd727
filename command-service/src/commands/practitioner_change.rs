//! What the commands on a practitioner who is there share: they load them, decide, and answer with the whole of them.

use domain::practitioner::{Practitioner, PractitionerCommand};
use journal::Decision;

use super::{Answer, Target, decide, stop::Stop};

/// Decides a command about a practitioner.
pub(super) fn change_practitioner(
    target: Target,
    command: PractitionerCommand,
    decision: &mut Decision<'_, '_>,
) -> Result<Answer, Stop> {
    let mut practitioner = decision.load::<Practitioner>(target.id)?;
    decide(decision, &mut practitioner, command)?;
    target.check_version(&practitioner)?;
    Ok(Answer::practitioner(target.id, &practitioner)?)
}
