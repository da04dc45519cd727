//! `POST /api/invoices/{id}/issue`: charges an account with what an invoice comes to.

use axum::extract::State;
use domain::invoice::InvoiceStatus;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Entry, Invoice, post};
use crate::{
    answer::Answer,
    database::Transaction,
    extract::Path,
    outbox,
    refusal::{NOT_FOUND, NOT_ISSUABLE, Refusal, WRONG_STATUS},
};

const ISSUE: &str = concat!(
    "UPDATE invoices SET status = $2, open_minor = total_minor, version = version + 1, updated_at = now() \
     WHERE id = $1 AND status = $3 AND total_minor > 0 RETURNING ",
    super::columns!()
);
const FIND: &str = concat!("SELECT ", super::columns!(), " FROM invoices WHERE id = $1");
const CHARGE: &str = "INSERT INTO balances (account_id, currency, owed_minor) VALUES ($1, $2, $3)
ON CONFLICT (account_id, currency) DO UPDATE SET owed_minor = balances.owed_minor + excluded.owed_minor";

pub(crate) async fn issue(State(pool): State<PgPool>, Path(id): Path<Uuid>) -> Result<Answer, Refusal> {
    let mut transaction = pool.begin().await?;
    let issued: Option<Invoice> = sqlx::query_as(ISSUE)
        .bind(id)
        .bind(InvoiceStatus::Issued.code())
        .bind(InvoiceStatus::Draft.code())
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(invoice) = issued else {
        return not_issued(transaction, id).await;
    };
    sqlx::query(CHARGE)
        .bind(invoice.patient_id)
        .bind(&invoice.currency)
        .bind(invoice.total.minor)
        .execute(&mut *transaction)
        .await?;
    let entry = Entry {
        debit: "receivable",
        credit: "revenue",
        amount_minor: invoice.total.minor,
        reference: None,
    };
    post(&mut transaction, &invoice, entry).await?;
    outbox::put(&mut transaction, "invoice.issued", id, &invoice).await?;
    transaction.commit().await?;
    Answer::changed(invoice.version, &invoice)
}

/// It was issued before, or it cannot be.
async fn not_issued(mut transaction: Transaction, id: Uuid) -> Result<Answer, Refusal> {
    let found: Option<Invoice> = sqlx::query_as(FIND).bind(id).fetch_optional(&mut *transaction).await?;
    let invoice = found.ok_or_else(|| Refusal::rule(NOT_FOUND, "no invoice has this id"))?;
    if invoice.has_status(InvoiceStatus::Draft) {
        return Err(Refusal::rule(NOT_ISSUABLE, "an invoice without lines cannot be issued"));
    }
    if !invoice.has_status(InvoiceStatus::Issued) {
        return Err(Refusal::rule(
            WRONG_STATUS,
            format!("the invoice is {}", invoice.status),
        ));
    }
    Answer::changed(invoice.version, &invoice)
}
