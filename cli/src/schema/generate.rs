//! `anamnesis schema generate`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use events::publication::{Incompatibility, PublishedFiles, Refusal, renew};

use crate::console;

/// Update the generated schema files of a checkout.
///
/// Use it after you add an event or a version. It writes the JSON Schemas, the expected result of reading each sample, and
/// the checksums. It never changes a published schema incompatibly: it refuses, and says what to do instead.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example, in a checkout:\n  cargo run -- schema generate\n\n\
                        The exit code is 0 when the files are up to date, and 1 when it refuses. Then it writes nothing.")]
pub(crate) struct SchemaGenerate {
    /// The folder that contains json/ and samples/.
    #[arg(long, value_name = "DIR", default_value = "schemas")]
    dir: PathBuf,
}

pub(super) fn run(generate: &SchemaGenerate) -> anyhow::Result<ExitCode> {
    let dir = &generate.dir;
    let files = read(dir)?;
    match renew(&files) {
        Ok(renewed) => {
            for (path, text) in renewed.iter() {
                write(&dir.join(path), text)?;
                console::print(&format!("wrote {}", dir.join(path).display()))?;
            }
            if renewed.is_empty() {
                console::print("everything is up to date")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(refusals) => {
            for refusal in &refusals {
                console::print(&refusal.to_string())?;
            }
            if refusals
                .iter()
                .any(|refusal| matches!(refusal, Refusal::Incompatible(_)))
            {
                console::say(Incompatibility::REMEDY);
            }
            console::say("Nothing was written.");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Reads the published files of a checkout. Samples are written by hand, so a folder without samples is the wrong one.
fn read(dir: &Path) -> anyhow::Result<PublishedFiles> {
    anyhow::ensure!(
        dir.join("samples").is_dir(),
        "{} contains no samples/; run this in a checkout, or name its schemas/ folder with --dir",
        dir.display()
    );
    let mut files = Vec::new();
    for folder in PublishedFiles::FOLDERS {
        let path = dir.join(folder);
        if path.is_dir() {
            files.extend(read_folder(&path, folder, "").with_context(|| format!("cannot read {}", path.display()))?);
        }
    }
    Ok(files.into_iter().collect())
}

/// Reads the files of a folder whose names end with `ending`. Their paths start with `name`.
pub(super) fn read_folder(folder: &Path, name: &str, ending: &str) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.ends_with(ending) && entry.path().is_file() {
            files.push((format!("{name}/{file}"), fs::read_to_string(entry.path())?));
        }
    }
    Ok(files)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text));
    written.with_context(|| format!("cannot write {}", path.display()))
}
