//! Closing a patient's account, on which nothing is owed, for good.

use domain::account::AccountCommand;
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::AccountResource;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, decide, ok};

/// Closes a patient's account.
#[derive(Clone, Copy, Debug)]
pub struct CloseAccount {
    /// Whose account, and at which version.
    pub target: Target,
}

impl Commands {
    /// Closes a patient's account. One that is closed stays so.
    ///
    /// # Errors
    /// There is no such account, it is at another version than expected, something is owed or under way, or the log does
    /// not answer.
    pub async fn close_account(&self, command: &CloseAccount, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for CloseAccount {
    const NAME: &'static str = "close-account";
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
        decide(&mut work, &mut account, AccountCommand::Close)?;
        let resource = AccountResource::new(id, account.version(), account.state());
        Ok(Attempted {
            work,
            answer: ok(account.version(), &resource)?,
            data_subject: commands.data_subject(id, freshness).await?,
            position: account.head().position,
        })
    }
}
