//! Accounts, payments and the ledger as API resources.

use chrono::{DateTime, Utc};
use domain::{
    account::{Account, Item, LedgerAccount},
    values::PaymentReference,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{MoneyResource, Page};

/// A patient's account. Its id is the patient's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountResource {
    /// The account's id, which is the patient's.
    pub id: Uuid,
    /// The status: `open` or `closed`.
    #[schema(example = "open")]
    pub status: String,
    /// The patient's debt in each currency. A negative amount is the clinic's debt to the patient.
    pub owed: Vec<MoneyResource>,
    /// Paid money that is not allocated yet, in each currency. Currencies without any are absent.
    pub unallocated: Vec<MoneyResource>,
    /// The balances of the ledger accounts. In each currency they sum to zero.
    pub balances: Vec<LedgerBalanceResource>,
    /// The version of the account: the number of its events.
    pub version: i64,
}

/// The balance of a ledger account in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerBalanceResource {
    /// The ledger account: `receivable`, `revenue`, `tax-payable`, `cash` or `write-offs`.
    #[schema(example = "receivable")]
    pub account: String,
    /// The balance. A positive amount is a debit, a negative one a credit.
    pub amount: MoneyResource,
}

/// A patient's account, with a page of its statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatement {
    /// The account.
    #[serde(flatten)]
    pub account: AccountResource,
    /// The payment with an unknown outcome, if there is one. It blocks all other payments.
    pub pending_payment: Option<PaymentResource>,
    /// The postings to the account, newest first.
    pub statement: Page<PostingResource>,
}

/// One line of a ledger entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostingResource {
    /// The id of the posting's entry. The postings of an entry sum to zero.
    pub entry_id: Uuid,
    /// The kind of entry: `charge`, `payment`, `refund`, `credit-note` or `write-off`.
    #[schema(example = "charge")]
    pub kind: String,
    /// The ledger account: `receivable`, `revenue`, `tax-payable`, `cash` or `write-offs`.
    #[schema(example = "receivable")]
    pub account: String,
    /// The amount. A positive amount is a debit, a negative one a credit.
    pub amount: MoneyResource,
    /// The invoice of the entry, if any.
    pub invoice_id: Option<Uuid>,
    /// The charge of the entry, if it has no invoice.
    pub charge_id: Option<Uuid>,
    /// The reference of the payment, if the entry is a payment or a refund.
    pub reference: Option<String>,
    /// The reason, if one was given.
    pub reason: Option<String>,
    /// The time of the posting.
    pub posted_at: DateTime<Utc>,
}

/// A payment or a payment attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentResource {
    /// The reference, unique among the account's payments.
    #[schema(example = "terminal-7/000123")]
    pub reference: String,
    /// The account's id, which is the patient's.
    pub account_id: Uuid,
    /// The invoice of the payment; `null` for a payment to the account.
    pub invoice_id: Option<Uuid>,
    /// The amount.
    pub amount: MoneyResource,
    /// The method: `cash`, `card`, `bank-transfer`, `direct-debit`, `cheque` or `insurance`.
    #[schema(example = "card")]
    pub method: String,
    /// The status: `initiated` (outcome unknown), `captured` or `failed`.
    #[schema(example = "captured")]
    pub status: String,
    /// The refunded amount.
    pub refunded: MoneyResource,
    /// The present allocations.
    pub allocations: Vec<PaymentAllocationResource>,
    /// The amount that is not allocated. It can be refunded, or moved to an invoice or charge.
    pub unallocated: MoneyResource,
}

/// The part of a payment that is allocated to an invoice, or to a charge without an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentAllocationResource {
    /// The invoice, if it is allocated to one.
    pub invoice_id: Option<Uuid>,
    /// The charge, if it is allocated to one without an invoice.
    pub charge_id: Option<Uuid>,
    /// The allocated amount.
    pub amount: MoneyResource,
}

/// A proof that the ledger is balanced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerProof {
    /// Whether each currency, and each entry in each currency, sums to zero.
    pub balanced: bool,
    /// The number of entries that do not sum to zero.
    pub unbalanced_entries: i64,
    /// The sums, by currency.
    pub currencies: Vec<CurrencyProof>,
}

/// The sums of all postings in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrencyProof {
    /// The sum of all debits.
    pub debit: MoneyResource,
    /// The sum of all credits. It is negative or zero.
    pub credit: MoneyResource,
    /// The sum of debits and credits: zero in a balanced ledger.
    pub sum: MoneyResource,
    /// The number of postings.
    pub postings: i64,
}

impl AccountResource {
    /// Creates the resource from the account's state.
    #[must_use]
    pub fn new(id: Uuid, version: u64, account: &Account) -> Self {
        let balances = account.balances().iter().map(|balance| LedgerBalanceResource {
            account: balance.account.code().to_owned(),
            amount: MoneyResource::new(shown(balance.minor), balance.currency.code()),
        });
        let unallocated = account.unallocated().into_iter();
        let unallocated = unallocated.map(|(currency, minor)| MoneyResource::new(shown(minor), currency.code()));
        Self::of_balances(
            id,
            account.status().code(),
            balances.collect(),
            unallocated.collect(),
            i64::try_from(version).unwrap_or(i64::MAX),
        )
    }

    /// Creates the resource from balances, and sorts them so that their order does not depend on the first postings.
    fn of_balances(
        id: Uuid,
        status: &str,
        mut balances: Vec<LedgerBalanceResource>,
        mut unallocated: Vec<MoneyResource>,
        version: i64,
    ) -> Self {
        unallocated.sort_by(|one, other| one.currency.cmp(&other.currency));
        balances
            .sort_by(|one, other| (&one.amount.currency, &one.account).cmp(&(&other.amount.currency, &other.account)));
        let receivable = balances
            .iter()
            .filter(|balance| balance.account == LedgerAccount::Receivable.code());
        Self {
            id,
            status: status.to_owned(),
            owed: receivable.map(|balance| balance.amount.clone()).collect(),
            unallocated,
            balances,
            version,
        }
    }
}

impl PaymentResource {
    /// Creates the resource from the account's state: `None` without a payment of this reference.
    #[must_use]
    pub fn of(account_id: Uuid, account: &Account, reference: &PaymentReference) -> Option<Self> {
        let (payment, state) = account.payment(reference)?;
        let currency = payment.amount.money().currency().code();
        let allocations = account.allocations(reference).iter().map(|part| {
            let (invoice_id, charge_id) = match part.item {
                Item::Invoice(id) => (Some(id), None),
                Item::Charge(id) => (None, Some(id)),
            };
            PaymentAllocationResource {
                invoice_id,
                charge_id,
                amount: part.amount.money().into(),
            }
        });
        Some(Self {
            reference: payment.reference.as_str().to_owned(),
            account_id,
            invoice_id: payment.invoice_id,
            amount: payment.amount.money().into(),
            method: payment.method.code().to_owned(),
            status: state.code().to_owned(),
            refunded: MoneyResource::new(shown(account.refunded_minor(reference)), currency),
            allocations: allocations.collect(),
            unallocated: MoneyResource::new(shown(account.unallocated_minor(reference)), currency),
        })
    }
}

#[cfg(feature = "rows")]
impl AccountResource {
    /// The account of a row. `unallocated` is the money that is on no invoice and no charge, by currency.
    #[must_use]
    pub fn of_row(row: read_models::account::AccountRow, unallocated: &[(String, i64)]) -> Self {
        let balances = row.balances.into_iter().map(|balance| LedgerBalanceResource {
            account: balance.account,
            amount: MoneyResource::new(balance.minor, &balance.currency),
        });
        let unallocated = unallocated
            .iter()
            .map(|(currency, minor)| MoneyResource::new(*minor, currency));
        Self::of_balances(
            row.id,
            &row.status,
            balances.collect(),
            unallocated.collect(),
            row.version,
        )
    }
}

#[cfg(feature = "rows")]
impl From<read_models::payment::PaymentRow> for PaymentResource {
    fn from(row: read_models::payment::PaymentRow) -> Self {
        Self {
            reference: row.reference,
            account_id: row.account_id,
            invoice_id: row.invoice_id,
            amount: MoneyResource::new(row.minor, &row.currency),
            method: row.method,
            status: row.status,
            refunded: MoneyResource::new(row.refunded_minor, &row.currency),
            allocations: row
                .allocations
                .into_iter()
                .map(|part| PaymentAllocationResource {
                    invoice_id: part.invoice_id,
                    charge_id: part.charge_id,
                    amount: MoneyResource::new(part.minor, &row.currency),
                })
                .collect(),
            unallocated: MoneyResource::new(row.unallocated_minor, &row.currency),
        }
    }
}

#[cfg(feature = "rows")]
impl From<read_models::ledger::PostingRow> for PostingResource {
    fn from(row: read_models::ledger::PostingRow) -> Self {
        Self {
            entry_id: row.entry_id,
            kind: row.kind,
            account: row.ledger_account,
            amount: MoneyResource::new(row.minor, &row.currency),
            invoice_id: row.invoice_id,
            charge_id: row.charge_id,
            reference: row.reference,
            reason: row.reason,
            posted_at: row.posted_at,
        }
    }
}

/// Minor units as a JSON number. Only nine million charges of the largest amount would exceed its range.
fn shown(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX })
}
