//! Charging a patient for something that stands on no invoice.

use domain::account::{AccountCommand, Charge};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::AccountResource;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, created, decide};

/// Charges a patient.
#[derive(Clone, Copy, Debug)]
pub struct PostCharge {
    /// Whose account it goes to, and at which version.
    pub target: Target,
    /// What is owed.
    pub charge: Charge,
}

impl Commands {
    /// Charges a patient.
    ///
    /// # Errors
    /// There is no such patient, the account is closed or at another version than expected, or the log does not answer.
    pub async fn post_charge(&self, command: &PostCharge, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for PostCharge {
    const NAME: &'static str = "post-charge";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let mut account = commands.opened_account(&mut work, self.target.id, freshness).await?;
        self.target.check_version(&account)?;
        decide(&mut work, &mut account, AccountCommand::PostCharge(self.charge))?;
        let resource = AccountResource::new(self.target.id, account.version(), account.state());
        let answer = created(
            format!("/api/accounts/{}", self.target.id),
            account.version(),
            &resource,
        )?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(self.target.id),
            position: account.head().position,
        })
    }
}
