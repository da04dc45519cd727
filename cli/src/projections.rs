//! `anamnesis projections`: how far every projection is, what it does, and who advances it. It changes nothing.

use std::process::ExitCode;

use anyhow::Context as _;
use api::ProjectionResource;
use platform::Clock;
use projection_service::status::{ProjectionStatus, status};

use crate::{
    args::{Common, Projections},
    console,
    models::with_models,
};

pub(crate) fn run(common: &Common, projections: &Projections) -> anyhow::Result<ExitCode> {
    let all = with_models(common, "anamnesis-projections", async |models| {
        Ok(status(&models.journal, &models.pool, Clock::system().now()).await?)
    })?;
    let all = all.context("stopped before the end")?;
    console::print(&if projections.json {
        let resources: Vec<ProjectionResource> = all.iter().map(projection_service::http::resource).collect();
        serde_json::to_string(&resources)?
    } else {
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

fn line(status: &ProjectionStatus) -> String {
    let ProjectionStatus {
        projection,
        stream,
        position,
        end,
        behind_events,
        behind_ms,
        ..
    } = status;
    let mut line = format!(
        "{projection:<24}{stream:<12}{position:>10} of {end:>10}  {behind_events:>8} behind, {behind_ms:>8} ms  {}",
        status.state()
    );
    if status.parked_events > 0 {
        line.push_str(&format!("  {} parked", status.parked_events));
    }
    if let Some(position) = status.building {
        line.push_str(&format!("  another version built up to {position}"));
    }
    if let Some(reason) = status.reason() {
        line.push_str(&format!("  ({reason})"));
    }
    line
}
