//! What the commands on a practitioner who is there share: they load them, decide, and answer with the whole of them.

use domain::practitioner::{Practitioner, PractitionerCommand, PractitionerRefusal};
use journal::{Context, Freshness, UnitOfWork};
use schemas::api::PractitionerResource;

use super::{Attempted, CommandError, Commands, Refusal, Target, decide, ok};

impl Commands {
    /// Makes one attempt at a command about a practitioner.
    pub(super) async fn attempt_on_practitioner(
        &self,
        target: Target,
        command: PractitionerCommand,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Context::Scheduling);
        let mut practitioner = self
            .load_to_write::<Practitioner>(&target.id.to_string(), freshness)
            .await?;
        decide(&mut work, &mut practitioner, command)?;
        target.check_version(&practitioner)?;
        let version = practitioner.version();
        let resource = PractitionerResource::of(target.id, version, practitioner.state())
            .ok_or(Refusal::Practitioner(PractitionerRefusal::Unknown))?;
        Ok(Attempted {
            work,
            answer: ok(version, &resource)?,
            data_subject: Some(target.id),
            position: practitioner.head().position,
        })
    }
}
