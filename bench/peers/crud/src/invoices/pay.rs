//! `POST /api/invoices/{id}/payments`: takes a payment towards an invoice, once for each `Idempotency-Key`.

use axum::{body::Bytes, extract::State, http::HeaderMap};
use domain::{
    account::PaymentMethod,
    invoice::InvoiceStatus,
    values::{Amount, PaymentReference},
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Entry, Invoice, post};
use crate::{
    answer::Answer,
    database::Transaction,
    extract::Path,
    fields::{Fields, MoneyBody},
    idempotency::Key,
    outbox,
    refusal::{AMOUNT_EXCEEDED, ANOTHER_CURRENCY, NOT_FOUND, Refusal, WRONG_STATUS},
};

const CAPTURED: &str = "captured";

/// The invoice, locked: of two payments towards it the second one sees what the first one has left open.
const FIND: &str = concat!("SELECT ", super::columns!(), " FROM invoices WHERE id = $1 FOR UPDATE");
const INSERT: &str = "INSERT INTO payments (account_id, reference, invoice_id, amount_minor, currency, method, status)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
const ALLOCATE: &str = "UPDATE invoices
SET open_minor = open_minor - $2, status = $3, version = version + 1, updated_at = now() WHERE id = $1";
const PAY_OFF: &str = "UPDATE balances SET owed_minor = owed_minor - $3 WHERE account_id = $1 AND currency = $2";

/// A payment to take.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taking {
    amount: MoneyBody,
    method: String,
    reference: String,
}

/// A payment that can be taken.
#[derive(Debug)]
struct Valid {
    amount: Amount,
    method: PaymentMethod,
    reference: PaymentReference,
}

/// A payment, as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    reference: String,
    account_id: Uuid,
    invoice_id: Uuid,
    amount: MoneyBody,
    method: &'static str,
    status: &'static str,
    refunded: MoneyBody,
}

pub(crate) async fn pay(
    State(pool): State<PgPool>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, Refusal> {
    let location = format!("/api/invoices/{id}/payments");
    let key = Key::required(&headers, &location, &body)?;
    let taking = serde_json::from_slice(&body).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let valid = parse(&taking)?;
    let mut transaction = pool.begin().await?;
    let found: Option<Invoice> = sqlx::query_as(FIND).bind(id).fetch_optional(&mut *transaction).await?;
    let invoice = found.ok_or_else(|| Refusal::rule(NOT_FOUND, "no invoice has this id"))?;
    // Behind the lock: a request that is repeated while it is carried out waits for its answer here.
    if let Some(answer) = key.answered(&mut transaction).await? {
        return Ok(answer);
    }
    check_payable(&invoice, &valid)?;
    let payment = shown(&invoice, &valid);
    enter(&mut transaction, &invoice, &payment).await?;
    outbox::put(&mut transaction, "payment.received", id, &payment).await?;
    let answer = Answer::created(location, invoice.version + 1, &payment)?;
    key.keep(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

/// Enters the payment everywhere it shows: by itself, on the invoice, in the ledger, and in what is owed.
async fn enter(transaction: &mut Transaction, invoice: &Invoice, payment: &Payment) -> Result<(), Refusal> {
    let amount_minor = payment.amount.minor;
    sqlx::query(INSERT)
        .bind(payment.account_id)
        .bind(&payment.reference)
        .bind(payment.invoice_id)
        .bind(amount_minor)
        .bind(&payment.amount.currency)
        .bind(payment.method)
        .bind(payment.status)
        .execute(&mut **transaction)
        .await?;
    let status = match invoice.open.minor == amount_minor {
        true => InvoiceStatus::Balanced,
        false => InvoiceStatus::Issued,
    };
    sqlx::query(ALLOCATE)
        .bind(invoice.id)
        .bind(amount_minor)
        .bind(status.code())
        .execute(&mut **transaction)
        .await?;
    sqlx::query(PAY_OFF)
        .bind(payment.account_id)
        .bind(&payment.amount.currency)
        .bind(amount_minor)
        .execute(&mut **transaction)
        .await?;
    let entry = Entry {
        debit: "cash",
        credit: "receivable",
        amount_minor,
        reference: Some(&payment.reference),
    };
    post(transaction, invoice, entry).await?;
    Ok(())
}

fn parse(given: &Taking) -> Result<Valid, Refusal> {
    let mut fields = Fields::default();
    let amount = fields.amount("/amount", &given.amount);
    let method = fields.check("/method", PaymentMethod::parse(&given.method));
    let reference = fields.check("/reference", PaymentReference::parse(&given.reference));
    let whole = amount.zip(method).zip(reference);
    fields.finish(whole.map(|((amount, method), reference)| Valid {
        amount,
        method,
        reference,
    }))
}

fn check_payable(invoice: &Invoice, payment: &Valid) -> Result<(), Refusal> {
    if !invoice.has_status(InvoiceStatus::Issued) && !invoice.has_status(InvoiceStatus::Balanced) {
        return Err(Refusal::rule(
            WRONG_STATUS,
            format!("the invoice is {}", invoice.status),
        ));
    }
    let amount = payment.amount.money();
    if amount.currency().code() != invoice.currency {
        return Err(Refusal::rule(ANOTHER_CURRENCY, "the invoice is in another currency"));
    }
    if amount.minor() > invoice.open.minor {
        return Err(Refusal::rule(AMOUNT_EXCEEDED, "less is open on the invoice"));
    }
    Ok(())
}

fn shown(invoice: &Invoice, payment: &Valid) -> Payment {
    Payment {
        reference: payment.reference.as_str().to_owned(),
        account_id: invoice.patient_id,
        invoice_id: invoice.id,
        amount: MoneyBody::new(payment.amount.money().minor(), &invoice.currency),
        method: payment.method.code(),
        status: CAPTURED,
        refunded: MoneyBody::new(0, &invoice.currency),
    }
}
