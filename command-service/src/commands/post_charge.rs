//! Charging a patient for something that stands on no invoice.

use domain::account::{AccountCommand, Charge};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::AccountResource;
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, check_version, created, decide};

/// Charges a patient.
#[derive(Clone, Copy, Debug)]
pub struct PostCharge {
    /// Whose account it goes to.
    pub patient_id: Uuid,
    /// The version of the account that it was made for, if the caller insists on one.
    pub expected_version: Option<u64>,
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
        let mut account = commands.opened_account(&mut work, self.patient_id, freshness).await?;
        if work.is_empty() {
            check_version(self.expected_version, account.version())?;
        }
        decide(&mut work, &mut account, AccountCommand::PostCharge(self.charge))?;
        let resource = AccountResource::new(self.patient_id, account.version(), account.state());
        let answer = created(
            format!("/api/accounts/{}", self.patient_id),
            account.version(),
            &resource,
        )?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(self.patient_id),
            position: account.head().position,
        })
    }
}
