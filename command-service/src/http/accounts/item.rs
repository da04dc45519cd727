//! Debts in request bodies: an invoice, or a charge without an invoice.

use api::MoneyResource;
use domain::{
    account::{Allocation, Item},
    values::Invalid,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{fields::Fields, money};

/// Exactly one of an invoice and a charge without an invoice.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OwedItem {
    /// The invoice's id.
    invoice_id: Option<Uuid>,
    /// The charge's id: the `chargeId` of its posting.
    charge_id: Option<Uuid>,
}

/// A part of a payment, allocated to an invoice or to a charge without an invoice.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentPart {
    /// The invoice's id.
    invoice_id: Option<Uuid>,
    /// The charge's id: the `chargeId` of its posting.
    charge_id: Option<Uuid>,
    /// The amount: at most what is owed for the invoice or charge.
    amount: MoneyResource,
}

impl OwedItem {
    pub(super) fn parse(self) -> Result<Item, Invalid> {
        match (self.invoice_id, self.charge_id) {
            (Some(id), None) => Ok(Item::Invoice(id)),
            (None, Some(id)) => Ok(Item::Charge(id)),
            _ => Err(Invalid("must name either an invoice or a charge")),
        }
    }
}

impl PaymentPart {
    pub(super) fn parse(&self, fields: &mut Fields, pointer: &str) -> Option<Allocation> {
        let item = OwedItem {
            invoice_id: self.invoice_id,
            charge_id: self.charge_id,
        };
        let item = fields.check(pointer, item.parse());
        let amount = money::amount(fields, &format!("{pointer}/amount"), &self.amount);
        item.zip(amount).map(|(item, amount)| Allocation { item, amount })
    }
}
