//! `GET /api/invoices/{id}`

use api::{INVOICES, InvoiceResource};
use http_edge::Problem;
use read_models::invoice;
use uuid::Uuid;

use super::PROJECTIONS;
use crate::{
    http::{
        endpoint::{Endpoint, Question, Route, Tagged, found},
        past::AsOf,
    },
    past,
};

pub(in crate::http) fn route() -> Route {
    Endpoint::one(&INVOICES)
        .summary("Get an invoice.")
        .shows(present, past::invoice)
}

async fn present(question: Question<Uuid, AsOf>) -> Result<Tagged<InvoiceResource>, Problem> {
    let rows = question.read(PROJECTIONS).await?;
    let found = found(invoice::find(rows, question.path).await, &INVOICES)?;
    Ok(Tagged::new(found.version, InvoiceResource::from(found)))
}
