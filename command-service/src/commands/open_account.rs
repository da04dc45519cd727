//! Opening a patient's account. Opening one that is open answers with it and changes nothing.

use domain::account::{Account, AccountCommand};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::AccountResource;
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, created, decide, ok};

/// Opens a patient's account.
#[derive(Clone, Copy, Debug)]
pub struct OpenAccount {
    /// Whose: it is the account's id, too.
    pub patient_id: Uuid,
}

impl Commands {
    /// Opens a patient's account. The answer's status is 201 if it was opened now, and 200 if it was there.
    ///
    /// # Errors
    /// There is no such patient, they have been erased, or the log does not answer.
    pub async fn open_account(&self, command: &OpenAccount, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for OpenAccount {
    const NAME: &'static str = "open-account";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let patient_id = self.patient_id;
        let id = patient_id.to_string();
        let mut account = commands.expect_new::<Account>(&id, freshness).await?;
        let was_open = account.state().patient_id().is_some();
        if !was_open {
            commands.check_patient(patient_id, freshness).await?;
            decide(&mut work, &mut account, AccountCommand::Open { patient_id })?;
        }
        let resource = AccountResource::new(patient_id, account.version(), account.state());
        let answer = if was_open {
            ok(account.version(), &resource)?
        } else {
            created(format!("/api/accounts/{id}"), account.version(), &resource)?
        };
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(patient_id),
            position: account.head().position,
        })
    }
}
