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

/// A refund of a payment of an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentRefund {
    /// The reference of a captured payment of this invoice.
    #[schema(example = "terminal-7/000123")]
    reference: String,
    /// The amount: at most what has not been refunded yet, in the payment's currency.
    amount: MoneyResource,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/refunds")
        .summary("Refund all or part of a payment.")
        .description("The refunds of a payment never exceed the amount received. The refunded amount is owed again; issue a credit note to reduce the debt itself.")
        .makes::<PaymentResource>("Refunded. The events are durable in the log. `ETag` is the invoice's version")
        .refuses(409, "The payment is pending or has failed")
        .refuses(422, "A value is invalid, the payment is unknown, or the amount exceeds what is left of it")
        .needs_key()
        .body(command)
}

fn command(body: PaymentRefund, request: &Given<'_, Uuid>) -> Result<RefundPayment, Problem> {
    let target = request.target();
    let refund = refund(Some(target.id), &body.reference, &body.amount)?;
    Ok(RefundPayment { target, refund })
}

/// Parses a refund on an invoice or on an account.
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
