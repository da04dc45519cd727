//! The invoice as an API resource.

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
    /// The patient who pays.
    pub patient_id: Uuid,
    /// The appointment that the invoice charges for, if any.
    pub appointment_id: Option<Uuid>,
    /// The status: `draft`, `issued`, `balanced` or `cancelled`.
    #[schema(example = "issued")]
    pub status: String,
    /// The ISO 4217 currency of all amounts.
    #[schema(example = "USD")]
    pub currency: String,
    /// The lines.
    pub lines: Vec<InvoiceLineResource>,
    /// The total; `null` before the invoice is issued.
    pub totals: Option<TaxedAmountResource>,
    /// The open amount: the total minus credits, write-offs and payments. Refunded or moved money does not count as
    /// paid.
    pub open: MoneyResource,
    /// The overpaid amount. It can be refunded, or moved to another invoice or charge.
    pub overpaid: MoneyResource,
    /// The written-off amount.
    pub written_off: MoneyResource,
    /// The allocated part of each payment.
    pub allocations: Vec<AllocationResource>,
    /// The credit notes.
    pub credit_notes: Vec<CreditNoteResource>,
    /// The version of the invoice: the number of its events.
    pub version: i64,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceLineResource {
    /// The line's id.
    pub id: Uuid,
    /// The description; `null` after an erasure.
    pub description: Option<String>,
    /// The quantity.
    pub quantity: u32,
    /// The unit price before tax.
    pub unit_price: MoneyResource,
    /// The tax rate in parts per million: 88750 is 8.875 %.
    pub tax_rate_ppm: u32,
    /// The net amount: quantity times unit price.
    pub net: MoneyResource,
    /// The line's share of the invoice's tax; `null` before the invoice is issued.
    pub tax: Option<MoneyResource>,
}

/// An amount with its tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxedAmountResource {
    /// The net amount.
    pub net: MoneyResource,
    /// The tax.
    pub tax: MoneyResource,
    /// The gross amount: net plus tax.
    pub total: MoneyResource,
}

/// The part of a payment that is allocated to an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationResource {
    /// The reference of the payment.
    pub reference: String,
    /// The allocated amount.
    pub amount: MoneyResource,
}

/// A credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreditNoteResource {
    /// The credit note's id.
    pub id: Uuid,
    /// The credited amount and its tax.
    pub amount: TaxedAmountResource,
    /// The reason; `null` if none was given, and after an erasure.
    pub reason: Option<String>,
}

impl InvoiceResource {
    /// Creates the resource from the invoice's state: `None` if there is no invoice.
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

#[cfg(feature = "rows")]
impl From<read_models::invoice::InvoiceRow> for InvoiceResource {
    fn from(row: read_models::invoice::InvoiceRow) -> Self {
        let money = |minor: i64| MoneyResource::new(minor, &row.currency);
        let taxed = |net: i64, tax: i64| TaxedAmountResource {
            net: money(net),
            tax: money(tax),
            total: money(net.saturating_add(tax)),
        };
        let lines = row.lines.into_iter().map(|line| InvoiceLineResource {
            id: line.id,
            description: line.description,
            quantity: line.quantity,
            unit_price: money(line.unit_minor),
            tax_rate_ppm: line.tax_rate_ppm,
            net: money(line.net_minor),
            tax: line.tax_minor.map(money),
        });
        let allocations = row.allocations.into_iter().map(|allocation| AllocationResource {
            reference: allocation.reference,
            amount: money(allocation.minor),
        });
        let credit_notes = row.credit_notes.into_iter().map(|note| CreditNoteResource {
            id: note.id,
            amount: taxed(note.net_minor, note.tax_minor),
            reason: note.reason,
        });
        Self {
            id: row.id,
            patient_id: row.patient_id,
            appointment_id: row.appointment_id,
            status: row.status,
            lines: lines.collect(),
            totals: row.net_minor.zip(row.tax_minor).map(|(net, tax)| taxed(net, tax)),
            open: money(row.open_minor.max(0)),
            overpaid: money(row.open_minor.min(0).saturating_neg()),
            written_off: money(row.written_off_minor),
            allocations: allocations.collect(),
            credit_notes: credit_notes.collect(),
            version: row.version,
            currency: row.currency.clone(),
        }
    }
}
