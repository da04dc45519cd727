//! A patient's account, its payments and the ledger behind it, as the API shows them.

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
    /// Whether it is `open` or `closed`.
    #[schema(example = "open")]
    pub status: String,
    /// What the patient owes, in each currency. Below zero it is what the clinic owes the patient.
    pub owed: Vec<MoneyResource>,
    /// What has been paid and counts towards nothing yet, in each currency in which there is any. It is the patient's.
    pub unallocated: Vec<MoneyResource>,
    /// What the postings to each account of the ledger have come to. In each currency they sum to zero.
    pub balances: Vec<LedgerBalanceResource>,
    /// The version of the account: how many events have shaped it.
    pub version: i64,
}

/// What the postings to one account of the ledger have come to, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerBalanceResource {
    /// `receivable`, `revenue`, `tax-payable`, `cash` or `write-offs`.
    #[schema(example = "receivable")]
    pub account: String,
    /// How much: a debit above zero, a credit below.
    pub amount: MoneyResource,
}

/// A patient's account, with a page of its statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatement {
    /// The account.
    #[serde(flatten)]
    pub account: AccountResource,
    /// The payment whose outcome is not known yet, if there is one. It blocks every other.
    pub pending_payment: Option<PaymentResource>,
    /// What was posted to it, the latest first.
    pub statement: Page<PostingResource>,
}

/// One line of an entry in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostingResource {
    /// The entry it belongs to: the postings of one entry sum to zero.
    pub entry_id: Uuid,
    /// What the entry records: `charge`, `payment`, `refund`, `credit-note` or `write-off`.
    #[schema(example = "charge")]
    pub kind: String,
    /// The ledger's account: `receivable`, `revenue`, `tax-payable`, `cash` or `write-offs`.
    #[schema(example = "receivable")]
    pub account: String,
    /// How much: a debit above zero, a credit below.
    pub amount: MoneyResource,
    /// The invoice that it belongs to.
    pub invoice_id: Option<Uuid>,
    /// The charge that it posts, where that stands on no invoice.
    pub charge_id: Option<Uuid>,
    /// The payment that it belongs to.
    pub reference: Option<String>,
    /// Why it was posted, where somebody said so.
    pub reason: Option<String>,
    /// When it was posted.
    pub posted_at: DateTime<Utc>,
}

/// A payment, or an attempt at one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentResource {
    /// What tells it from every other payment of the account.
    #[schema(example = "terminal-7/000123")]
    pub reference: String,
    /// The account that it was paid to: the patient's id.
    pub account_id: Uuid,
    /// The invoice that it is meant for; `null` where it was paid to the account.
    pub invoice_id: Option<Uuid>,
    /// How much.
    pub amount: MoneyResource,
    /// How it was paid: `cash`, `card`, `bank-transfer`, `direct-debit`, `cheque` or `insurance`.
    #[schema(example = "card")]
    pub method: String,
    /// What is known of its outcome: `initiated`, `captured` or `failed`.
    #[schema(example = "captured")]
    pub status: String,
    /// How much of it has been given back.
    pub refunded: MoneyResource,
    /// What it counts towards now.
    pub allocations: Vec<PaymentAllocationResource>,
    /// How much of it counts towards nothing, and is the patient's: it can be given back, or moved to what is owed.
    pub unallocated: MoneyResource,
}

/// How much of a payment counts towards an invoice, or towards a charge that stands on none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentAllocationResource {
    /// The invoice.
    pub invoice_id: Option<Uuid>,
    /// The charge.
    pub charge_id: Option<Uuid>,
    /// How much.
    pub amount: MoneyResource,
}

/// Whether the ledger adds up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerProof {
    /// Whether everything sums to zero: each currency, and each entry in each currency.
    pub balanced: bool,
    /// How many entries do not sum to zero.
    pub unbalanced_entries: i64,
    /// The sums, by currency.
    pub currencies: Vec<CurrencyProof>,
}

/// The sums of all postings in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrencyProof {
    /// The currency.
    #[schema(example = "USD")]
    pub currency: String,
    /// The sum of all debits, in minor units.
    pub debit_minor: i64,
    /// The sum of all credits, in minor units: below zero.
    pub credit_minor: i64,
    /// Both together: zero.
    pub sum_minor: i64,
    /// How many postings there are.
    pub postings: i64,
}

impl AccountResource {
    /// Shows what the domain knows of an account.
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

    /// Shows an account by its balances, in an order that does not depend on what was posted first.
    #[must_use]
    pub fn of_balances(
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
    /// Shows the payment of a reference, as the account knows it; nothing, if there is none.
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

/// Minor units as JSON shows them. It would take nine million charges of the largest amount to leave its range.
fn shown(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX })
}
