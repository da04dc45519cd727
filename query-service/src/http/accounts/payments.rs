//! `GET /api/accounts/{id}/payments`

use api::{ACCOUNTS, Page, PaymentResource};
use http_edge::Problem;
use read_models::{
    Direction, account,
    payment::{self, PaymentSort},
};
use uuid::Uuid;

use crate::{
    http::{
        endpoint::{Endpoint, Nothing, Question, Route, found},
        pages::{Order, Paging},
    },
    queries::database_problem,
};

const FIRST_TO_LAST: Order<PaymentSort> =
    Order::always(&[("attemptedAt", PaymentSort::AttemptedAt)], Direction::Ascending);

pub(in crate::http) fn route() -> Route {
    Endpoint::get(&ACCOUNTS, "/{id}/payments", "account_payments".to_owned())
        .summary("List the payments into an account, including pending and failed attempts, oldest first.")
        .named_by(super::get::ID)
        .refuses(404, "The patient has no account")
        .pages(FIRST_TO_LAST, payments)
}

async fn payments(
    question: Question<Uuid, Nothing>,
    paging: Paging<PaymentSort>,
) -> Result<Page<PaymentResource>, Problem> {
    let rows = question.read(&["account", "payment"]).await?;
    let _ = found(account::find(rows, question.path).await, &ACCOUNTS)?;
    let listed = payment::of_account(rows, question.path, &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, PaymentResource::from))
}
