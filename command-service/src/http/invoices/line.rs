//! Invoice lines in request bodies.

use api::MoneyResource;
use domain::{
    invoice::InvoiceLine,
    values::{LineDescription, TaxRate},
};
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::{fields::Fields, money};

/// An invoice line: a quantity at a unit price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct InvoiceLineDraft {
    /// Description, 1 to 200 characters.
    #[schema(example = "Consultation")]
    description: String,
    /// Quantity, 1 to 10,000.
    #[schema(example = 1)]
    #[schema(value_type = u32)]
    quantity: i64,
    /// Unit price before tax, in the invoice's currency.
    unit_price: MoneyResource,
    /// Tax rate in parts per million: 88750 is 8.875 %. Default: no tax.
    #[schema(example = 88750)]
    #[schema(value_type = Option<u32>)]
    tax_rate_ppm: Option<i64>,
}

/// Parses a line and assigns it a new id. Errors name the field below `pointer`.
pub(super) fn parse(fields: &mut Fields, pointer: &str, given: &InvoiceLineDraft) -> Option<InvoiceLine> {
    let description = fields.check(
        &format!("{pointer}/description"),
        LineDescription::parse(&given.description),
    );
    let unit_price = money::price(fields, &format!("{pointer}/unitPrice"), &given.unit_price);
    let tax_rate = fields.check(
        &format!("{pointer}/taxRatePpm"),
        TaxRate::of(given.tax_rate_ppm.unwrap_or_default()),
    );
    let (description, unit_price, tax_rate) = (description?, unit_price?, tax_rate?);
    let line = InvoiceLine::parse(
        new_id(),
        description,
        u32::try_from(given.quantity).unwrap_or_default(),
        unit_price,
        tax_rate,
    );
    fields.check(&format!("{pointer}/quantity"), line)
}
