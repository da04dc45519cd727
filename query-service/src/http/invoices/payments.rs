//! `GET /api/invoices/{id}/payments`

use api::{INVOICES, Page, PaymentResource};
use http_edge::Problem;
use read_models::{
    Direction, invoice,
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
    Endpoint::get(&INVOICES, "/{id}/payments", "invoice_payments".to_owned())
        .summary("List the payments of an invoice, including pending and failed attempts, oldest first.")
        .pages(FIRST_TO_LAST, payments)
}

async fn payments(
    question: Question<Uuid, Nothing>,
    paging: Paging<PaymentSort>,
) -> Result<Page<PaymentResource>, Problem> {
    let rows = question.read(&["invoice", "payment"]).await?;
    let _ = found(invoice::find(rows, question.path).await, &INVOICES)?;
    let listed = payment::of_invoice(rows, question.path, &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, PaymentResource::from))
}
