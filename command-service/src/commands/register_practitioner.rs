//! Registering a practitioner.

use domain::practitioner::{Practitioner, PractitionerCommand, PractitionerDetails};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::PractitionerResource;
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, created, decide};

/// Registers a person as a practitioner.
#[derive(Clone, Debug)]
pub struct RegisterPractitioner {
    /// The id they will have.
    pub id: Uuid,
    /// What is known of them.
    pub details: PractitionerDetails,
}

impl Commands {
    /// Registers a practitioner.
    ///
    /// # Errors
    /// The id is taken, or the log does not answer.
    pub async fn register_practitioner(
        &self,
        command: &RegisterPractitioner,
        caller: &Caller,
    ) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for RegisterPractitioner {
    const NAME: &'static str = "register-practitioner";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let mut practitioner = commands
            .expect_new::<Practitioner>(&self.id.to_string(), freshness)
            .await?;
        decide(
            &mut work,
            &mut practitioner,
            PractitionerCommand::Register(self.details.clone()),
        )?;
        let resource = PractitionerResource::of(self.id, practitioner.version(), practitioner.state())
            .ok_or_else(|| CommandError::Broken("a registered practitioner has no details".to_owned()))?;
        let answer = created(
            format!("/api/practitioners/{}", self.id),
            practitioner.version(),
            &resource,
        )?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(self.id),
            position: practitioner.head().position,
        })
    }
}
