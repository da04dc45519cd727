//! `anamnesis doctor`: checks the servers and their settings.
//!
//! It gathers the facts first. Each check is a function from the facts to findings, in its own file.

mod args;
mod checkpoints;
mod clock_offset;
mod clocks;
mod durability;
mod facts;
mod finding;
mod integrity;
mod migrations;
mod nats_version;
mod parked;
mod postgres;
mod reach;
mod replication;
mod space;
mod stream_settings;
mod table;
#[cfg(test)]
mod testing;

use std::process::ExitCode;

use platform::telemetry;
use serde::Serialize;
use settings::Settings;

pub(crate) use self::args::Doctor;
use self::{
    facts::Facts,
    finding::{Finding, Status},
};
use crate::{
    backend::{Backend, Need},
    common::Common,
    config, console,
};

/// All checks, in the order of the output.
const CHECKS: [fn(&Facts) -> Vec<Finding>; 12] = [
    reach::check,
    nats_version::check,
    durability::check,
    stream_settings::check,
    replication::check,
    integrity::check,
    space::check,
    postgres::check,
    migrations::check,
    checkpoints::check,
    parked::check,
    clocks::check,
];

/// The output of `--json`.
#[derive(Debug, Serialize)]
struct Report<'a> {
    /// Whether no check fails.
    ok: bool,
    findings: &'a [Finding],
}

pub(crate) fn run(common: &Common, doctor: &Doctor) -> anyhow::Result<ExitCode> {
    let settings = config::load(common)?;
    let findings = tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, "anamnesis-doctor")?;
        examine(common, &settings).await
    })?;
    let ok = findings.iter().all(|finding| finding.status != Status::Fail);
    console::print(&if doctor.json {
        serde_json::to_string(&Report {
            ok,
            findings: &findings,
        })?
    } else {
        table::render(&findings)
    })?;
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(common: &Common, settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    let backend = Backend::find(settings, &common.data_dir, Need::Look).await?;
    let facts = Facts::gather(settings, &backend, &common.data_dir).await;
    backend.stop().await?;
    Ok(CHECKS.iter().flat_map(|check| check(&facts)).collect())
}
