//! `GET /api/accounts/{id}`

use api::{AccountResource, AccountStatement, LedgerBalanceResource, MoneyResource, PostingResource};
use axum::{extract::State, http::HeaderMap, response::Response};
use chrono::{DateTime, Utc};
use http_edge::{Path, Problem, ProblemBody, Query, problem::types::NOT_FOUND};
use log_reader::Context;
use read_models::{
    Listed,
    account::{self, AccountRow},
    ledger::{self, PostingRow, PostingSort},
    payment,
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Queries,
    http::{
        invoices::show_payment,
        pages::{Paging, paging},
        past::{moment, past_problem},
        tagged,
    },
    past::{self, PastAccount},
    queries::database_problem,
};

/// The projections that an account and its statement are made of.
const PROJECTIONS: &[&str] = &["account", "ledger_posting", "payment", "cached_patient"];

/// Which part of the statement.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// As it was at this instant, from the log. Not together with `version`.
    as_of: Option<DateTime<Utc>>,
    /// As it was in this version, from the log. Not together with `asOf`.
    version: Option<u64>,
    /// The page's number, from 0.
    page: Option<u32>,
    /// How many items a page holds: 1 to 100, 20 by default.
    size: Option<u32>,
}

/// Show a patient's account: what they owe, and a page of what was posted, the latest first.
#[utoipa::path(
    get,
    path = "/api/accounts/{id}",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The account's id, which is the patient's"),
        Parameters,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "The account", body = AccountStatement, headers(("ETag"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The patient has no account, or had none then", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(queries): State<Queries>,
    Path(id): Path<Uuid>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let sortable = &[("postedAt", PostingSort::Posted)];
    let latest_first = ["postedAt,desc".to_owned()];
    let paging = paging(parameters.page, parameters.size, &latest_first, sortable)?;
    if let Some(moment) = moment(parameters.as_of, parameters.version)? {
        let finder = queries.look_back(&headers, Context::Billing).await?;
        let seen = past::account(&finder, id, moment).await;
        let seen = seen.map_err(past_problem("account"))?;
        return Ok(tagged(
            seen.version.cast_signed(),
            past_statement(seen.resource, paging),
        ));
    }
    let pool = queries.read(&headers, PROJECTIONS).await?;
    let row = account::find(pool, id).await.map_err(database_problem)?;
    let account = row.ok_or_else(|| Problem::new(&NOT_FOUND).detail("No account has this id."))?;
    let pending = payment::pending(pool, id).await.map_err(database_problem)?;
    let listed = ledger::statement(pool, id, &paging.request)
        .await
        .map_err(database_problem)?;
    let version = account.version;
    let statement = AccountStatement {
        account: show(account),
        pending_payment: pending.map(show_payment),
        statement: paging.answer(listed, show_posting),
    };
    Ok(tagged(version, statement))
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

fn show(row: AccountRow) -> AccountResource {
    let balances = row.balances.into_iter().map(|balance| LedgerBalanceResource {
        account: balance.account,
        amount: MoneyResource::new(balance.minor, &balance.currency),
    });
    AccountResource::of_balances(row.id, &row.status, balances.collect(), row.version)
}

fn show_posting(row: PostingRow) -> PostingResource {
    PostingResource {
        entry_id: row.entry_id,
        kind: row.kind,
        account: row.ledger_account,
        amount: MoneyResource::new(row.minor, &row.currency),
        invoice_id: row.invoice_id,
        reference: row.reference,
        reason: row.reason,
        posted_at: row.posted_at,
    }
}
