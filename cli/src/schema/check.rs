//! `anamnesis schema check`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use events::publication::{Incompatibility, PublishedFiles, incompatibilities, schemas};

use super::generate::read_folder;
use crate::console;

/// Check that this program is compatible with the published event schemas.
///
/// Use it before a release and in CI. It compares every version of every event with the published schema. A published
/// version may only gain documentation and optional fields, so that old events stay readable and old readers can read new
/// events. It prints each change that is not allowed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  anamnesis schema check\n  \
                        anamnesis schema check --against ../anamnesis-0.1.0/schemas/json\n\n\
                        The exit code is 0 only when all changes are compatible.")]
pub(crate) struct SchemaCheck {
    /// The published schemas: the folder schemas/json of a checkout or of an older release [default: the schemas that are
    /// compiled into this program].
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
}

pub(super) fn run(check: &SchemaCheck) -> anyhow::Result<ExitCode> {
    let published = match &check.against {
        Some(folder) => read(folder)?,
        None => PublishedFiles::compiled_in(),
    };
    let published = published.schemas()?;
    let found = incompatibilities(&published, &schemas());
    for change in &found {
        console::print(&change.to_string())?;
    }
    if found.is_empty() {
        console::print(&format!("{} published schemas, all compatible", published.len()))?;
        Ok(ExitCode::SUCCESS)
    } else {
        console::say(Incompatibility::REMEDY);
        Ok(ExitCode::FAILURE)
    }
}

/// Reads the schemas in a folder, and ignores its other files.
fn read(folder: &Path) -> anyhow::Result<PublishedFiles> {
    let schemas =
        read_folder(folder, "json", ".schema.json").with_context(|| format!("cannot read {}", folder.display()))?;
    anyhow::ensure!(
        !schemas.is_empty(),
        "{} contains no <type>.v<version>.schema.json; name the folder schemas/json of a checkout",
        folder.display()
    );
    Ok(schemas.into_iter().collect())
}
