//! An invoice's total: the tax is computed once for the whole invoice and split over the lines.

use super::{InvoiceIssued, InvoiceLine, InvoiceRefusal, IssuedLine};
use crate::values::{Amount, Money, TaxRate, TaxedAmount};

/// Adds up the lines. Their exact taxes are summed and rounded once, half up to the minor unit. [`Money::split`] gives
/// each line its share, so the lines always add up to the total.
pub(super) fn of(lines: &[InvoiceLine]) -> Result<InvoiceIssued, InvoiceRefusal> {
    let too_large = |_| InvoiceRefusal::TooLarge;
    let (first, rest) = lines.split_first().ok_or(InvoiceRefusal::NoLines)?;
    let net = rest
        .iter()
        .try_fold(first.net(), |sum, line| sum.plus(line.net()))
        .map_err(too_large)?;
    if net.is_zero() {
        return Err(InvoiceRefusal::ComesToNothing);
    }
    let exact_taxes: Vec<u64> = lines.iter().map(exact_tax_ppm).collect();
    let taxes = rounded(&exact_taxes, net)?.split(&exact_taxes).map_err(too_large)?;
    let tax = taxes
        .iter()
        .try_fold(Money::zero(net.currency()), |sum, tax| sum.plus(*tax))
        .map_err(too_large)?;
    let issued = lines.iter().zip(taxes).map(|(line, tax)| {
        let amount = TaxedAmount::of_line(line.net(), tax).map_err(|_| InvoiceRefusal::TooLarge)?;
        Ok(IssuedLine {
            line_id: line.line_id(),
            amount,
        })
    });
    Ok(InvoiceIssued {
        lines: issued.collect::<Result<_, _>>()?,
        amount: TaxedAmount::parse(net, tax).map_err(|_| InvoiceRefusal::TooLarge)?,
    })
}

/// The exact tax on a line in millionths of a minor unit. The largest line times the largest rate fits into 64 bits.
fn exact_tax_ppm(line: &InvoiceLine) -> u64 {
    line.net()
        .minor()
        .unsigned_abs()
        .saturating_mul(line.tax_rate().ppm().into())
}

fn rounded(exact_taxes: &[u64], net: Money) -> Result<Money, InvoiceRefusal> {
    let whole = u128::from(TaxRate::WHOLE_PPM);
    let exact: u128 = exact_taxes.iter().map(|tax| u128::from(*tax)).sum();
    let minor = i64::try_from((exact + whole / 2) / whole).map_err(|_| InvoiceRefusal::TooLarge)?;
    Ok(Money::new(minor, net.currency()))
}

/// Splits a credited amount into net and tax, in proportion to the charge.
pub(super) fn part_of(charged: TaxedAmount, amount: Amount) -> Result<TaxedAmount, InvoiceRefusal> {
    let exceeds = InvoiceRefusal::ExceedsCharged;
    if amount.money().minor() > charged.total().minor() {
        return Err(exceeds);
    }
    let weights = [charged.net(), charged.tax()].map(|part| part.minor().unsigned_abs());
    let parts = amount.money().split(&weights).map_err(|_| exceeds)?;
    match parts.as_slice() {
        [net, tax] => TaxedAmount::parse(*net, *tax).map_err(|_| exceeds),
        _ => Err(exceeds),
    }
}
