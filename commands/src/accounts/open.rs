//! Opening a patient's account. If it is open, nothing changes.

use domain::account::{Account, AccountCommand};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Rules, accounts::check_patient, decide, stop::Stop};

/// Opens a patient's account.
#[derive(Clone, Copy, Debug)]
pub struct OpenAccount {
    /// The patient, whose id is also the account's.
    pub patient_id: Uuid,
}

impl Command for OpenAccount {
    const NAME: &'static str = "open-account";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient_id = self.patient_id;
        let mut account = decision.load::<Account>(patient_id)?;
        if account.state().patient_id().is_some() {
            return Ok(Answer::account(patient_id, &account));
        }
        check_patient(patient_id, decision)?;
        decide(decision, &mut account, AccountCommand::Open { patient_id })?;
        Ok(Answer::account(patient_id, &account).made())
    }
}
