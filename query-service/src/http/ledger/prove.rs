//! `GET /api/ledger/proof`

use api::{CurrencyProof, LedgerProof};
use axum::{Json, extract::State, http::HeaderMap};
use http_edge::{Problem, ProblemBody};
use read_models::ledger;

use crate::{Queries, queries::database_problem};

/// Prove that the ledger adds up: every posting of every account, summed by currency, comes to zero.
#[utoipa::path(
    get,
    path = "/api/ledger/proof",
    tag = "billing",
    params(
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "The sums", body = LedgerProof),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn prove(State(queries): State<Queries>, headers: HeaderMap) -> Result<Json<LedgerProof>, Problem> {
    let pool = queries.read(&headers, &["ledger_posting"]).await?;
    let (sums, unbalanced_entries) = ledger::prove(pool).await.map_err(database_problem)?;
    let currencies: Vec<CurrencyProof> = sums
        .into_iter()
        .map(|sums| CurrencyProof {
            currency: sums.currency,
            debit_minor: sums.debit_minor,
            credit_minor: sums.credit_minor,
            sum_minor: sums.debit_minor.saturating_add(sums.credit_minor),
            postings: sums.postings,
        })
        .collect();
    Ok(Json(LedgerProof {
        balanced: unbalanced_entries == 0 && currencies.iter().all(|proof| proof.sum_minor == 0),
        unbalanced_entries,
        currencies,
    }))
}
