//! An invoice's state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CreditNote, InvoiceDrafted, InvoiceIssued, InvoiceLine, InvoiceRefusal};
use crate::{
    account::Dues,
    values::{Amount, PaymentReference, TaxedAmount, codes::codes},
};

codes! {
    /// Where an invoice stands (FHIR `Invoice.status`).
    InvoiceStatus {
        /// It is being written.
        Draft = "draft";
        /// It has been sent, and something is open.
        Issued = "issued";
        /// Nothing is open any more.
        Balanced = "balanced";
        /// It was withdrawn.
        Cancelled = "cancelled";
    }
}

/// An invoice's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Invoice {
    pub(super) drafted: Option<InvoiceDrafted>,
    pub(super) status: Option<InvoiceStatus>,
    pub(super) lines: Vec<InvoiceLine>,
    pub(super) issued: Option<InvoiceIssued>,
    pub(super) dues: Dues,
    /// What counts towards it now, by payment.
    pub(super) allocations: BTreeMap<PaymentReference, Amount>,
    /// What counted towards it when a payment was received.
    pub(super) received: BTreeMap<PaymentReference, Amount>,
    /// What movements and refunds brought or took since.
    pub(super) movements: BTreeMap<Uuid, (PaymentReference, Amount)>,
    pub(super) write_offs: BTreeMap<Uuid, Amount>,
    pub(super) credit_notes: BTreeMap<Uuid, CreditNote>,
}

impl Invoice {
    /// The most credit notes there can be.
    pub const MOST_CREDIT_NOTES: usize = 200;
    /// The most lines there can be.
    pub const MOST_LINES: usize = 200;

    /// How it was begun; nothing before that.
    #[must_use]
    pub const fn drafted(&self) -> Option<&InvoiceDrafted> {
        self.drafted.as_ref()
    }

    /// Where it stands; nowhere before it is drafted.
    #[must_use]
    pub const fn status(&self) -> Option<InvoiceStatus> {
        self.status
    }

    /// Its lines, in the order they were added.
    #[must_use]
    pub fn lines(&self) -> &[InvoiceLine] {
        &self.lines
    }

    /// What it comes to; nothing before it is issued.
    #[must_use]
    pub const fn issued(&self) -> Option<&InvoiceIssued> {
        self.issued.as_ref()
    }

    /// The part of each payment that counts towards it, by reference.
    #[must_use]
    pub const fn allocations(&self) -> &BTreeMap<PaymentReference, Amount> {
        &self.allocations
    }

    /// What was taken back of what was charged.
    #[must_use]
    pub const fn credit_notes(&self) -> &BTreeMap<Uuid, CreditNote> {
        &self.credit_notes
    }

    /// Checks that a payment of this amount can be counted towards it in full.
    ///
    /// # Errors
    /// There is no such invoice, it is not issued, is in another currency, or less is open.
    pub fn payable(&self, amount: Amount) -> Result<(), InvoiceRefusal> {
        let (drafted, status) = self.drafted.zip(self.status).ok_or(InvoiceRefusal::Unknown)?;
        if !matches!(status, InvoiceStatus::Issued | InvoiceStatus::Balanced) {
            return Err(InvoiceRefusal::InStatus(status));
        }
        if drafted.currency != amount.money().currency() {
            return Err(InvoiceRefusal::AnotherCurrency);
        }
        if i128::from(amount.money().minor()) > self.open_minor() {
            return Err(InvoiceRefusal::ExceedsOpen);
        }
        Ok(())
    }

    /// What is still to be paid, in minor units, as [`Dues`] says. Below zero it is what was paid too much: a balance in the
    /// patient's favour, which can be refunded or moved.
    #[must_use]
    pub const fn open_minor(&self) -> i128 {
        self.dues.owed_minor()
    }

    /// What was given up, in minor units.
    #[must_use]
    pub const fn written_off_minor(&self) -> i128 {
        self.dues.written_off_minor()
    }

    /// What was charged and has not been credited; nothing where that is all.
    #[must_use]
    pub fn uncredited(&self) -> Option<TaxedAmount> {
        let charged = self.issued.as_ref()?.amount;
        let (net, tax) = self
            .credit_notes
            .values()
            .try_fold((charged.net(), charged.tax()), |(net, tax), note| {
                Some((net.minus(note.amount.net()).ok()?, tax.minus(note.amount.tax()).ok()?))
            })?;
        TaxedAmount::parse(net, tax).ok()
    }
}
