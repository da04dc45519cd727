//! Invoices, and the payments towards them.

mod draft;
mod issue;
mod list;
mod pay;

use domain::invoice::InvoiceStatus;
use serde::Serialize;
use sqlx::{FromRow, Row as _, postgres::PgRow};
use uuid::Uuid;

pub(crate) use draft::draft;
pub(crate) use issue::issue;
pub(crate) use list::list;
pub(crate) use pay::pay;

use crate::{database::Transaction, fields::MoneyBody};

/// The columns of an [`Invoice`].
macro_rules! columns {
    () => {
        "id, patient_id, status, currency, total_minor, open_minor, version"
    };
}
use columns;

const POST: &str = "INSERT INTO postings (account_id, debit, credit, amount_minor, currency, invoice_id, reference)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// An invoice, as shown, without its lines.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invoice {
    id: Uuid,
    patient_id: Uuid,
    status: String,
    currency: String,
    total: MoneyBody,
    open: MoneyBody,
    version: i64,
}

impl Invoice {
    fn has_status(&self, status: InvoiceStatus) -> bool {
        self.status == status.code()
    }
}

impl FromRow<'_, PgRow> for Invoice {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let currency: String = row.try_get("currency")?;
        Ok(Self {
            id: row.try_get("id")?,
            patient_id: row.try_get("patient_id")?,
            status: row.try_get("status")?,
            total: MoneyBody::new(row.try_get("total_minor")?, &currency),
            open: MoneyBody::new(row.try_get("open_minor")?, &currency),
            version: row.try_get("version")?,
            currency,
        })
    }
}

/// An entry in the ledger: from one of its accounts to another.
#[derive(Debug)]
struct Entry<'a> {
    debit: &'static str,
    credit: &'static str,
    amount_minor: i64,
    reference: Option<&'a str>,
}

/// Posts an entry to the account of an invoice.
async fn post(transaction: &mut Transaction, invoice: &Invoice, entry: Entry<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(POST)
        .bind(invoice.patient_id)
        .bind(entry.debit)
        .bind(entry.credit)
        .bind(entry.amount_minor)
        .bind(&invoice.currency)
        .bind(invoice.id)
        .bind(entry.reference)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
