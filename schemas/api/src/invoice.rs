//! The invoice, as the API shows it.

use domain::invoice::{CreditNote, Invoice, InvoiceLine};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::MoneyResource;

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceResource {
    /// The invoice's id.
    pub id: Uuid,
    /// Who is charged.
    pub patient_id: Uuid,
    /// The appointment that it is for.
    pub appointment_id: Option<Uuid>,
    /// Where it stands: `draft`, `issued`, `balanced` or `cancelled`.
    #[schema(example = "issued")]
    pub status: String,
    /// The ISO 4217 currency of every amount.
    #[schema(example = "USD")]
    pub currency: String,
    /// What is charged for.
    pub lines: Vec<InvoiceLineResource>,
    /// What it comes to; `null` before it is issued.
    pub totals: Option<TaxedAmountResource>,
    /// What is still to be paid: what it comes to, less what was credited, written off and paid. What was given back, or
    /// moved elsewhere, is not paid.
    pub open: MoneyResource,
    /// What was paid too much, and is the patient's: it can be given back, or moved to what is owed.
    pub overpaid: MoneyResource,
    /// What was given up.
    pub written_off: MoneyResource,
    /// Which payments count towards it, by reference.
    pub allocations: Vec<AllocationResource>,
    /// What was taken back of what was charged.
    pub credit_notes: Vec<CreditNoteResource>,
    /// The version of the invoice: how many events have shaped it.
    pub version: i64,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceLineResource {
    /// The line's id.
    pub id: Uuid,
    /// What it is for; `null` once it has been erased.
    pub description: Option<String>,
    /// How many.
    pub quantity: u32,
    /// What one of it costs, before tax.
    pub unit_price: MoneyResource,
    /// The rate of the tax on it, in parts per million: 88750 is 8.875 %.
    pub tax_rate_ppm: u32,
    /// What all of it costs, before tax.
    pub net: MoneyResource,
    /// Its share of the invoice's tax; `null` before the invoice is issued.
    pub tax: Option<MoneyResource>,
}

/// An amount, and the tax on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxedAmountResource {
    /// Before tax.
    pub net: MoneyResource,
    /// The tax.
    pub tax: MoneyResource,
    /// Both together.
    pub total: MoneyResource,
}

/// How much of a payment was counted towards an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationResource {
    /// The payment.
    pub reference: String,
    /// How much of it.
    pub amount: MoneyResource,
}

/// What was taken back of what was charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreditNoteResource {
    /// The credit note's id.
    pub id: Uuid,
    /// How much, and how much tax with it.
    pub amount: TaxedAmountResource,
    /// Why; `null` where nobody said so, and once it has been erased.
    pub reason: Option<String>,
}

impl InvoiceResource {
    /// Shows what the domain knows of an invoice; nothing, if there is none.
    #[must_use]
    pub fn of(id: Uuid, version: u64, invoice: &Invoice) -> Option<Self> {
        let (drafted, status) = invoice.drafted().zip(invoice.status())?;
        let issued = invoice.issued();
        let tax_of = |line_id: Uuid| {
            let lines = issued.into_iter().flat_map(|issued| &issued.lines);
            lines
                .filter(|line| line.line_id == line_id)
                .map(|line| line.amount.tax().into())
                .next()
        };
        let money = |minor: i128| MoneyResource::new(i64::try_from(minor).unwrap_or(i64::MAX), drafted.currency.code());
        Some(Self {
            id,
            patient_id: drafted.patient_id,
            appointment_id: drafted.appointment_id,
            status: status.code().to_owned(),
            currency: drafted.currency.code().to_owned(),
            lines: invoice
                .lines()
                .iter()
                .map(|line| InvoiceLineResource::new(line, tax_of(line.line_id())))
                .collect(),
            totals: issued.map(|issued| TaxedAmountResource::from(&issued.amount)),
            open: money(invoice.open_minor().max(0)),
            overpaid: money(-invoice.open_minor().min(0)),
            written_off: money(invoice.written_off_minor()),
            allocations: invoice
                .allocations()
                .iter()
                .map(|(reference, amount)| AllocationResource {
                    reference: reference.as_str().to_owned(),
                    amount: amount.money().into(),
                })
                .collect(),
            credit_notes: invoice.credit_notes().values().map(CreditNoteResource::from).collect(),
            version: i64::try_from(version).unwrap_or(i64::MAX),
        })
    }
}

impl InvoiceLineResource {
    fn new(line: &InvoiceLine, tax: Option<MoneyResource>) -> Self {
        Self {
            id: line.line_id(),
            description: line.description().known().map(|text| text.as_str().to_owned()),
            quantity: line.quantity(),
            unit_price: line.unit_price().money().into(),
            tax_rate_ppm: line.tax_rate().ppm(),
            net: line.net().into(),
            tax,
        }
    }
}

impl From<&domain::values::TaxedAmount> for TaxedAmountResource {
    fn from(amount: &domain::values::TaxedAmount) -> Self {
        Self {
            net: amount.net().into(),
            tax: amount.tax().into(),
            total: amount.total().into(),
        }
    }
}

impl From<&CreditNote> for CreditNoteResource {
    fn from(note: &CreditNote) -> Self {
        Self {
            id: note.credit_note_id,
            amount: TaxedAmountResource::from(&note.amount),
            reason: note.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        }
    }
}
