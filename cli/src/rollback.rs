//! `anamnesis rollback`.

use std::process::ExitCode;

use anyhow::Context as _;
use chrono::SecondsFormat;
use projection_service::Projection;
use read_models::building::{RolledBack, roll_back};
use serde_json::json;

use crate::{common::Common, console, models::with_models, projections::projection};

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
    let done = with_models(common, "anamnesis-rollback", async |models| {
        roll_back(&models.pool, name)
            .await
            .with_context(|| format!("{name} was not rolled back"))
    })?;
    let done = done.context("stopped before the end; nothing was changed")?;
    console::print(&if rollback.json {
        json!({
            "projection": name,
            "position": done.restored.position,
            "version": done.restored.version,
            "replacedAt": done.replaced_at,
            "kept": {"position": done.kept.position, "version": done.kept.version},
        })
        .to_string()
    } else {
        told(name, &done)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Says which version is live now, and which one a further rollback would restore.
fn told(name: &str, done: &RolledBack) -> String {
    let RolledBack {
        restored,
        replaced_at,
        kept,
    } = done;
    format!(
        "{name}: the version that was replaced at {} is live again and continues from position {}.\n\
         The version that it replaces stands at position {} and is kept: another rollback restores it.",
        replaced_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        restored.position,
        kept.position
    )
}

#[cfg(test)]
mod tests {
    use read_models::checkpoint::Standing;

    use super::*;

    #[test]
    fn it_tells_which_version_is_live_and_which_is_kept() {
        let standing = |position| Standing { position, version: 3 };
        let done = RolledBack {
            restored: standing(17),
            replaced_at: "2027-01-11T15:00:00Z".parse().expect("an instant"),
            kept: standing(20),
        };
        assert_eq!(
            told("patient", &done),
            "patient: the version that was replaced at 2027-01-11T15:00:00Z is live again and continues from position 17.\n\
             The version that it replaces stands at position 20 and is kept: another rollback restores it."
        );
    }
}
