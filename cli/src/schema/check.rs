//! `anamnesis schema check`: whether what was published of events still holds.

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use events::publication::{Incompatibility, PublishedFiles, incompatibilities, schemas};

use crate::{args::SchemaCheck, console, schema::generate::read_folder};

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

/// The schemas in a folder; its other files are none of this command's business.
fn read(folder: &Path) -> anyhow::Result<PublishedFiles> {
    let schemas =
        read_folder(folder, "json", ".schema.json").with_context(|| format!("cannot read {}", folder.display()))?;
    anyhow::ensure!(
        !schemas.is_empty(),
        "{} holds no <type>.v<version>.schema.json; name the folder schemas/json of a checkout",
        folder.display()
    );
    Ok(schemas.into_iter().collect())
}
