//! An invoice's state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CreditNote, InvoiceDrafted, InvoiceIssued, InvoiceLine, InvoiceRefusal};
use crate::{
    account::Dues,
    values::{Amount, PaymentReference, Reason, TaxedAmount, codes::codes},
};

codes! {
    /// An invoice's status (FHIR `Invoice.status`).
    InvoiceStatus {
        /// The invoice is being prepared.
        Draft = "draft";
        /// The invoice is issued and has an open amount.
        Issued = "issued";
        /// Nothing remains to be paid.
        Balanced = "balanced";
        /// The invoice was cancelled.
        Cancelled = "cancelled";
    }
}

/// An invoice's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Invoice {
    pub(super) drafted: Option<InvoiceDrafted>,
    pub(super) status: Option<InvoiceStatus>,
    /// The reason for the cancellation, if one was given.
    pub(super) cancelled_for: Option<Reason>,
    pub(super) lines: Vec<InvoiceLine>,
    pub(super) issued: Option<InvoiceIssued>,
    pub(super) dues: Dues,
    /// The allocated part of each payment, now.
    pub(super) allocations: BTreeMap<PaymentReference, Amount>,
    /// The allocated part of each payment at its receipt.
    pub(super) received: BTreeMap<PaymentReference, Amount>,
    /// Later allocations and releases, by the id of the movement or refund.
    pub(super) movements: BTreeMap<Uuid, (PaymentReference, Amount)>,
    pub(super) write_offs: BTreeMap<Uuid, Amount>,
    pub(super) credit_notes: BTreeMap<Uuid, CreditNote>,
}

impl Invoice {
    /// The limit of credit notes.
    pub const MOST_CREDIT_NOTES: usize = 200;
    /// The limit of lines.
    pub const MOST_LINES: usize = 200;

    /// The draft's data: `None` before the draft.
    #[must_use]
    pub const fn drafted(&self) -> Option<&InvoiceDrafted> {
        self.drafted.as_ref()
    }

    /// The status: `None` before the draft.
    #[must_use]
    pub const fn status(&self) -> Option<InvoiceStatus> {
        self.status
    }

    /// The lines in the order added.
    #[must_use]
    pub fn lines(&self) -> &[InvoiceLine] {
        &self.lines
    }

    /// The issued amounts: `None` before issue.
    #[must_use]
    pub const fn issued(&self) -> Option<&InvoiceIssued> {
        self.issued.as_ref()
    }

    /// The allocated part of each payment, by reference.
    #[must_use]
    pub const fn allocations(&self) -> &BTreeMap<PaymentReference, Amount> {
        &self.allocations
    }

    /// The credit notes, by id.
    #[must_use]
    pub const fn credit_notes(&self) -> &BTreeMap<Uuid, CreditNote> {
        &self.credit_notes
    }

    /// Checks that the whole amount can be allocated to the invoice.
    ///
    /// # Errors
    /// The invoice does not exist or is not issued, the currency differs, or the amount exceeds the open amount.
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

    /// The open amount in minor units, as [`Dues`] defines it. A negative amount is a balance in the patient's favour,
    /// which can be refunded or moved.
    #[must_use]
    pub const fn open_minor(&self) -> i128 {
        self.dues.owed_minor()
    }

    /// The written-off amount in minor units.
    #[must_use]
    pub const fn written_off_minor(&self) -> i128 {
        self.dues.written_off_minor()
    }

    /// The charged amount that is not credited: `None` if all of it is.
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
