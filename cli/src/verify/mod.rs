//! `anamnesis verify`: checks the hash chains, the read models and the ledger.

mod args;
mod chain;
mod models;

use std::process::ExitCode;

use anyhow::Context as _;
use journal::Context;
use log_reader::Reader;
use serde::Serialize;

pub(crate) use self::args::Verify;
use crate::{common::Common, console, log::with_log, models::with_models};

/// The results by check.
#[derive(Debug, Default, Serialize)]
struct Verdicts {
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Vec<chain::ChainVerdict>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projections: Option<Vec<models::ProjectionVerdict>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<models::LedgerVerdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appointments: Option<models::AppointmentsVerdict>,
}

impl Verdicts {
    fn is_whole(&self) -> bool {
        self.chain.iter().flatten().all(chain::ChainVerdict::is_whole)
            && self
                .projections
                .iter()
                .flatten()
                .all(models::ProjectionVerdict::is_whole)
            && self.ledger.as_ref().is_none_or(models::LedgerVerdict::is_whole)
            && self
                .appointments
                .as_ref()
                .is_none_or(models::AppointmentsVerdict::is_whole)
    }

    fn readable(&self) -> String {
        let chain = self.chain.iter().flatten().map(chain::ChainVerdict::readable);
        let projections = self.projections.iter().flatten();
        let projections = projections.map(models::ProjectionVerdict::readable);
        let ledger = self.ledger.iter().map(models::LedgerVerdict::readable);
        let appointments = self.appointments.iter().map(models::AppointmentsVerdict::readable);
        let lines = chain.chain(projections).chain(ledger).chain(appointments);
        lines.collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn run(common: &Common, verify: &Verify) -> anyhow::Result<ExitCode> {
    let contexts = verify
        .stream
        .map_or_else(|| Context::ALL.to_vec(), |context| vec![context]);
    let projections = verify.wanted_projections();
    // The chains alone can be checked without read models.
    let verified = if projections.is_empty() && !verify.wants_ledger() {
        with_log(common, "anamnesis-verify", async |journal| {
            Ok(Verdicts {
                chain: Some(chain::verify(&Reader::from(journal), &contexts).await?),
                ..Verdicts::default()
            })
        })?
    } else {
        with_models(common, "anamnesis-verify", async |open| {
            let mut verdicts = Verdicts::default();
            if verify.wants_chain() {
                verdicts.chain = Some(chain::verify(&open.journal, &contexts).await?);
            }
            // A log that has lost an event cannot be folded, and its fault is already known.
            if !verdicts.is_whole() {
                return Ok(verdicts);
            }
            if !projections.is_empty() {
                verdicts.projections = Some(models::verify_projections(open, &projections).await?);
            }
            if verify.wants_ledger() {
                verdicts.ledger = Some(models::verify_ledger(open).await?);
                verdicts.appointments = Some(models::verify_appointments(open).await?);
            }
            Ok(verdicts)
        })?
    };
    let verdicts = verified.context("stopped before the end")?;
    console::print(&if verify.json {
        serde_json::to_string(&verdicts)?
    } else {
        verdicts.readable()
    })?;
    Ok(if verdicts.is_whole() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
