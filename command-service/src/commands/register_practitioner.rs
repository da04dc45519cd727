//! Registering a practitioner.

use domain::practitioner::{Practitioner, PractitionerCommand, PractitionerDetails};
use journal::{CommandContext, Consistency, Context, UnitOfWork};
use schemas::api::PractitionerResource;
use uuid::Uuid;

use super::{Attempted, Command, CommandError, Commands, Done, decide};

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
        context: &CommandContext,
    ) -> Result<Done<PractitionerResource>, CommandError> {
        self.execute(command, context).await
    }
}

impl Command for RegisterPractitioner {
    type Resource = PractitionerResource;
    const NAME: &'static str = "register-practitioner";

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        consistency: Consistency,
    ) -> Result<Attempted<PractitionerResource>, CommandError> {
        let mut work = UnitOfWork::new(Context::Scheduling);
        let mut practitioner = commands.load::<Practitioner>(&self.id.to_string(), consistency).await?;
        decide(
            &mut work,
            &mut practitioner,
            PractitionerCommand::Register(self.details.clone()),
        )?;
        let resource = PractitionerResource::new(self.id, practitioner.version(), &self.details);
        Ok(Attempted {
            work,
            resource,
            position: practitioner.position(),
        })
    }
}
