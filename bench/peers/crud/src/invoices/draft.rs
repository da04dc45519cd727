//! `POST /api/invoices`: drafts an invoice.

use axum::extract::State;
use domain::{
    invoice::{InvoiceLine, InvoiceStatus},
    values::{Amount, Currency, Invalid, LineDescription, Money, TaxRate},
};
use serde::Deserialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::Invoice;
use crate::{
    ambient::new_id,
    answer::Answer,
    extract::Json,
    fields::{Fields, MoneyBody},
    outbox,
    refusal::Refusal,
};

const INSERT: &str = "INSERT INTO invoices (id, patient_id, status, currency, total_minor, open_minor)
VALUES ($1, $2, $3, $4, $5, 0)";
const INSERT_LINES: &str = "INSERT INTO invoice_lines (invoice_id, number, description, quantity, unit_price_minor)
SELECT $1, line.* FROM unnest($2::int[], $3::text[], $4::int[], $5::bigint[]) line";

/// An invoice to draft.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Draft {
    patient_id: Uuid,
    currency: String,
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    description: String,
    quantity: u32,
    unit_price: MoneyBody,
}

/// The lines, column by column.
#[derive(Debug, Default)]
struct Lines {
    numbers: Vec<i32>,
    descriptions: Vec<String>,
    quantities: Vec<i32>,
    unit_prices_minor: Vec<i64>,
    total_minor: i64,
}

pub(crate) async fn draft(State(pool): State<PgPool>, Json(body): Json<Draft>) -> Result<Answer, Refusal> {
    let (currency, lines) = parse(&body)?;
    let invoice = Invoice {
        id: new_id(),
        patient_id: body.patient_id,
        status: InvoiceStatus::Draft.code().to_owned(),
        total: MoneyBody::new(lines.total_minor, currency.code()),
        open: MoneyBody::new(0, currency.code()),
        currency: currency.code().to_owned(),
        version: 1,
    };
    let mut transaction = pool.begin().await?;
    sqlx::query(INSERT)
        .bind(invoice.id)
        .bind(invoice.patient_id)
        .bind(&invoice.status)
        .bind(&invoice.currency)
        .bind(lines.total_minor)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(INSERT_LINES)
        .bind(invoice.id)
        .bind(&lines.numbers)
        .bind(&lines.descriptions)
        .bind(&lines.quantities)
        .bind(&lines.unit_prices_minor)
        .execute(&mut *transaction)
        .await?;
    outbox::put(&mut transaction, "invoice.drafted", invoice.id, &invoice).await?;
    transaction.commit().await?;
    Answer::created(format!("/api/invoices/{}", invoice.id), invoice.version, &invoice)
}

fn parse(given: &Draft) -> Result<(Currency, Lines), Refusal> {
    let mut fields = Fields::default();
    let currency = fields.check("/currency", Currency::parse(&given.currency));
    if given.lines.len() > domain::invoice::Invoice::MOST_LINES {
        let _: Option<()> = fields.check("/lines", Err(Invalid("must be at most 200")));
        return fields.finish(None);
    }
    let mut lines = Lines::default();
    for (number, given) in (1..).zip(&given.lines) {
        let pointer = format!("/lines/{}", number - 1);
        let Some(line) = line(&mut fields, &pointer, given) else {
            continue;
        };
        if currency.is_some_and(|currency| line.net().currency() != currency) {
            let other = Err(Invalid("must be the currency of the invoice"));
            let _: Option<()> = fields.check(&format!("{pointer}/unitPrice/currency"), other);
        }
        lines.numbers.push(number);
        lines.descriptions.push(given.description.trim().to_owned());
        lines
            .quantities
            .push(i32::try_from(line.quantity()).unwrap_or(i32::MAX));
        lines.unit_prices_minor.push(line.unit_price().money().minor());
        lines.total_minor = lines.total_minor.saturating_add(line.net().minor());
    }
    if let Some(currency) = currency.filter(|_| lines.total_minor > 0) {
        fields.check("/lines", Amount::parse(Money::new(lines.total_minor, currency)));
    }
    fields.finish(currency.map(|currency| (currency, lines)))
}

fn line(fields: &mut Fields, pointer: &str, given: &Line) -> Option<InvoiceLine> {
    let description = fields.check(
        &format!("{pointer}/description"),
        LineDescription::parse(&given.description),
    );
    let unit_price = fields.amount(&format!("{pointer}/unitPrice"), &given.unit_price);
    let line = InvoiceLine::parse(new_id(), description?, given.quantity, unit_price?, TaxRate::ZERO);
    fields.check(&format!("{pointer}/quantity"), line)
}
