//! Moving a payment's money to another item.

use domain::account::{AccountCommand, Movement};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Rules, Target,
    accounts::{charged_account, enter},
    stop::Stop,
};

/// Moves money of a payment.
#[derive(Clone, Debug)]
pub struct MovePayment {
    /// The account and its expected version.
    pub target: Target,
    /// The movement.
    pub movement: Movement,
}

impl Command for MovePayment {
    const NAME: &'static str = "move-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let id = self.target.id;
        let mut account = charged_account(id, decision)?;
        self.target.check_version(&account)?;
        let movement = AccountCommand::MovePayment(self.movement.clone());
        enter(decision, &mut account, movement)?;
        let answer = Answer::account_payment(id, &account, &self.movement.reference)?.made();
        Ok(answer.about(id, decision)?)
    }
}
