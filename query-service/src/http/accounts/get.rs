//! `GET /api/accounts/{id}`

use api::{ACCOUNTS, AccountResource, AccountStatement, PaymentResource, PostingResource};
use http_edge::Problem;
use log_reader::Moment;
use read_models::{
    Direction, Listed, account,
    ledger::{self, PostingSort},
    payment,
};
use uuid::Uuid;

use crate::{
    http::{
        endpoint::{Endpoint, Question, Route, Tagged, found},
        pages::{Order, Paging},
        past::{AsOf, past_problem},
    },
    past::{self, PastAccount},
    queries::database_problem,
};

/// The description of an account's id.
pub(super) const ID: &str = "The account's id, equal to the patient's id";

/// The projections behind an account and its statement.
const PROJECTIONS: &[&str] = &["account", "ledger_posting", "payment", "cached_patient"];

const LATEST_FIRST: Order<PostingSort> = Order::always(&[("postedAt", PostingSort::Posted)], Direction::Descending);

type Statement = Result<Tagged<AccountStatement>, Problem>;

pub(in crate::http) fn route() -> Route {
    Endpoint::one(&ACCOUNTS)
        .summary("Get a patient's account: the balance and a page of postings, latest first.")
        .named_by(ID)
        .refuses(404, "The patient has no account, or had none at that time")
        .pages(
            LATEST_FIRST,
            async |question: Question<Uuid, AsOf>, paging| match question.parameters.moment()? {
                Some(moment) => then(question, moment, paging).await,
                None => now(question, paging).await,
            },
        )
}

async fn then(question: Question<Uuid, AsOf>, moment: Moment, paging: Paging<PostingSort>) -> Statement {
    let reader = question.look_back().await?;
    let seen = past::account(reader, question.path, moment).await;
    let seen = seen.map_err(past_problem("account"))?;
    Ok(Tagged::new(
        seen.version.cast_signed(),
        past_statement(seen.resource, paging),
    ))
}

async fn now(question: Question<Uuid, AsOf>, paging: Paging<PostingSort>) -> Statement {
    let (rows, id) = (question.read(PROJECTIONS).await?, question.path);
    let account = found(account::find(rows, id).await, &ACCOUNTS)?;
    let pending = payment::pending(rows, id).await.map_err(database_problem)?;
    let listed = ledger::statement(rows, id, &paging.request).await;
    let unallocated = payment::unallocated(rows, id).await.map_err(database_problem)?;
    let version = account.version;
    let statement = AccountStatement {
        account: AccountResource::of_row(account, &unallocated),
        pending_payment: pending.map(PaymentResource::from),
        statement: paging.answer(listed.map_err(database_problem)?, PostingResource::from),
    };
    Ok(Tagged::new(version, statement))
}

fn past_statement(past: PastAccount, paging: Paging<PostingSort>) -> AccountStatement {
    let total = i64::try_from(past.postings.len()).unwrap_or(i64::MAX);
    let size = usize::try_from(paging.request.size).unwrap_or(usize::MAX);
    let passed = usize::try_from(paging.request.page)
        .unwrap_or(usize::MAX)
        .saturating_mul(size);
    let rows = past.postings.into_iter().skip(passed).take(size).collect();
    AccountStatement {
        account: past.account,
        pending_payment: past.pending_payment,
        statement: paging.answer(Listed { rows, total }, |posting| posting),
    }
}
