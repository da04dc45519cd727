//! Lowering what a patient owes, without money: a debt that will not be collected, or a charge that was wrong.

use domain::account::{AccountCommand, Adjustment};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::AccountResource;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, created, decide};

/// Lowers what a patient owes.
#[derive(Clone, Debug)]
pub struct PostAdjustment {
    /// Whose account it goes to, and at which version.
    pub target: Target,
    /// By how much, and why.
    pub adjustment: Adjustment,
}

impl Commands {
    /// Lowers what a patient owes.
    ///
    /// # Errors
    /// There is no such account, it is closed or at another version than expected, less is owed or was charged, or the log
    /// does not answer.
    pub async fn post_adjustment(&self, command: &PostAdjustment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for PostAdjustment {
    const NAME: &'static str = "post-adjustment";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let id = self.target.id;
        let mut account = commands.charged_account(id, freshness).await?;
        self.target.check_version(&account)?;
        let adjustment = self.adjustment.clone();
        decide(&mut work, &mut account, AccountCommand::PostAdjustment(adjustment))?;
        let resource = AccountResource::new(id, account.version(), account.state());
        Ok(Attempted {
            work,
            answer: created(format!("/api/accounts/{id}"), account.version(), &resource)?,
            data_subject: commands.data_subject(id, freshness).await?,
            position: account.head().position,
        })
    }
}
