//! `anamnesis import`. FHIR resources become commands and take the same path as all commands. [`events`] restores backups.

mod args;
mod carry_out;
mod error;
mod events;
mod executor;
mod fate;
mod fhir;
mod importer;
mod report;
mod source;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use commands::Commands;
use journal::Journal;
use platform::{Clock, telemetry};

use self::args::{ImportFhir, ImportWhat};
pub(crate) use self::{
    args::Import,
    fhir::{RESOURCE_TYPES, demo_pair},
    importer::Importer,
    report::Report,
    source::Source,
};
use crate::{
    backend::{Backend, Need},
    common::Common,
    config, console,
};

/// The exit code of a complete import that refused some resources.
const REFUSED: u8 = 3;
/// The exit code of a complete import that refused nothing, if some resources differ from the stored ones.
const DIFFERING: u8 = 4;

pub(crate) fn run(common: &Common, import: Import) -> anyhow::Result<ExitCode> {
    match import.what {
        ImportWhat::Events(wanted) => events::run(common, &wanted),
        ImportWhat::Fhir(wanted) => import_fhir(common, wanted),
    }
}

fn import_fhir(common: &Common, wanted: ImportFhir) -> anyhow::Result<ExitCode> {
    let settings = config::load(common)?;
    let source = Source::open(&wanted.path)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, "anamnesis-import")?;
        let backend = Backend::find(&settings, &common.data_dir, Need::Log).await?;
        let settings = backend.settings_for_commands(settings, &common.data_dir)?;
        let journal = Journal::open_as_guest(&settings.journal())
            .await
            .context("cannot open the log")?;
        let commands = Commands::new(journal, Clock::system(), &settings.commands)?;
        let path = wanted.report.unwrap_or_else(|| default_report(&common.data_dir));
        let report = Report::create(&path).with_context(|| format!("cannot write the report to {}", path.display()))?;
        let bar = console::progress("importing", 0);
        let imported = Importer::new(commands, wanted.time_zone, wanted.update)
            .run(&source, report, &bar)
            .await;
        bar.finish_and_clear();
        backend.stop().await?;
        let report = imported?;
        console::print(&if wanted.json {
            report.to_json()?
        } else {
            report.to_string()
        })?;
        Ok(told(&report, &path))
    })
}

/// Prints where the report is, and chooses the exit code.
fn told(report: &Report, path: &Path) -> ExitCode {
    console::say(&format!(
        "{} resources were refused, {} differ from the stored ones; the report is in {}",
        report.refused(),
        report.differing(),
        path.display()
    ));
    match (report.refused(), report.differing()) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(DIFFERING),
        _ => ExitCode::from(REFUSED),
    }
}

/// The default file for the report.
pub(crate) fn default_report(data_dir: &Path) -> PathBuf {
    data_dir.join("import-report.ndjson")
}
