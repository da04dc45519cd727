//! `GET /api/ledger/proof`

use api::{CurrencyProof, LEDGER, LedgerProof, MoneyResource};
use axum::Json;
use http_edge::Problem;
use read_models::ledger;

use crate::{
    http::endpoint::{Endpoint, Nothing, Question, Route},
    queries::database_problem,
};

pub(in crate::http) fn route() -> Route {
    Endpoint::get(&LEDGER, "/proof", "prove_ledger".to_owned())
        .summary("Prove that the ledger balances: the sum of all postings of all accounts, per currency, is zero.")
        .success("The sums")
        .answers(prove)
}

async fn prove(question: Question<(), Nothing>) -> Result<Json<LedgerProof>, Problem> {
    let rows = question.read(&["ledger_posting"]).await?;
    let (sums, unbalanced_entries) = ledger::prove(rows).await.map_err(database_problem)?;
    let currencies: Vec<CurrencyProof> = sums
        .into_iter()
        .map(|sums| {
            let money = |minor| MoneyResource::new(minor, &sums.currency);
            CurrencyProof {
                debit: money(sums.debit_minor),
                credit: money(sums.credit_minor),
                sum: money(sums.debit_minor.saturating_add(sums.credit_minor)),
                postings: sums.postings,
            }
        })
        .collect();
    Ok(Json(LedgerProof {
        balanced: unbalanced_entries == 0 && currencies.iter().all(|proof| proof.sum.minor == 0),
        unbalanced_entries,
        currencies,
    }))
}
