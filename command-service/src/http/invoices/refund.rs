//! `POST /api/invoices/{id}/refunds`

use api::{MoneyResource, PaymentResource};
use commands::RefundPayment;
use domain::{account::Refund, values::PaymentReference};
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    money,
    nouns::INVOICES,
};

/// Money that is given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentRefund {
    /// The payment that it is taken from: one that was received for this invoice.
    #[schema(example = "terminal-7/000123")]
    reference: String,
    /// How much: at most what is left of the payment, in its currency.
    amount: MoneyResource,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/refunds")
        .summary("Give back a payment, or a part of it.")
        .description("The refunds of a payment never come to more than was received. What the patient owes rises by as much; where they owe less for good, a credit note says so.")
        .makes::<PaymentResource>("Refunded: durable in the log. The entity tag is the invoice's")
        .refuses(409, "The payment's outcome is not known, or it has failed")
        .refuses(422, "A value breaks a rule, the payment is not known, or less of it is left")
        .needs_key()
        .body(command)
}

fn command(body: PaymentRefund, request: &Given<'_, Uuid>) -> Result<RefundPayment, Problem> {
    let target = request.target();
    let refund = refund(Some(target.id), &body.reference, &body.amount)?;
    Ok(RefundPayment { target, refund })
}

/// Reads a refund, asked for an invoice or for an account.
pub(in crate::http) fn refund(
    invoice_id: Option<Uuid>,
    reference: &str,
    amount: &MoneyResource,
) -> Result<Refund, Problem> {
    let mut fields = Fields::default();
    let reference = fields.check("/reference", PaymentReference::parse(reference));
    let amount = money::amount(&mut fields, "/amount", amount);
    let whole = reference.zip(amount).map(|(reference, amount)| Refund {
        refund_id: new_id(),
        reference,
        amount,
        invoice_id,
    });
    fields.finish(whole)
}
