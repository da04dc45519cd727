//! `anamnesis projections`: the position, lag and state of every projection.

use std::process::ExitCode;

use anyhow::Context as _;
use api::ProjectionResource;
use platform::Clock;
use projection_service::{
    ALL, Projection,
    status::{ProjectionStatus, status},
};

use crate::{common::Common, console, models::with_models};

/// List the projections with their position, lag and state.
///
/// Use it to see whether the read models keep up with the log. It only reads.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  anamnesis projections
  anamnesis projections --json | jq '.[] | select(.lagEvents > 0)'")]
pub(crate) struct Projections {
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
}

/// Parses the name of a projection on the command line.
pub(crate) fn projection(name: &str) -> Result<&'static Projection, String> {
    Projection::find(name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(Projection::name).collect();
        format!("no projection has this name; there are {}", names.join(", "))
    })
}

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
        line.push_str(&format!("  rebuilt up to {position}"));
    }
    if let Some(reason) = status.reason() {
        line.push_str(&format!("  ({reason})"));
    }
    line
}
