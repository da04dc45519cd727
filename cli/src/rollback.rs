//! `anamnesis rollback`.

use std::process::ExitCode;

use anyhow::Context as _;
use projection_service::Projection;
use read_models::building::roll_back;
use serde_json::json;

use crate::{args::Common, console, models::with_models, projections::projection};

/// Restore the version of a projection that the last rebuild replaced.
///
/// Use it when a rebuild made things worse. The restored version continues from the position where it stopped. The version
/// that it replaces is kept, so a second rollback reverts the first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  anamnesis rollback appointment\n\nSee docs/how-to/rebuild.md.")]
pub(crate) struct Rollback {
    /// The projection.
    #[arg(value_name = "NAME", value_parser = projection)]
    projection: &'static Projection,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(common: &Common, rollback: &Rollback) -> anyhow::Result<ExitCode> {
    let name = rollback.projection.name();
    let standing = with_models(common, "anamnesis-rollback", async |models| {
        roll_back(&models.pool, name)
            .await
            .with_context(|| format!("{name} was not rolled back"))
    })?;
    let standing = standing.context("stopped before the end; nothing was changed")?;
    console::print(&if rollback.json {
        json!({"projection": name, "position": standing.position, "version": standing.version}).to_string()
    } else {
        format!(
            "{name}: the previous version is live again and continues from position {}",
            standing.position
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
