//! The arguments of `anamnesis import`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::values::TimeZone;

const EVENTS_EXAMPLES: &str = "Examples:
  anamnesis --data-dir new import events backup.ndjson
  anamnesis --data-dir old replay --sealed | anamnesis --data-dir new import events

The exit code is 0 only when the log holds the whole backup. See docs/how-to/back-up-and-restore.md.";

const FHIR_EXAMPLES: &str = "Examples:
  anamnesis import fhir export/
  anamnesis import fhir export/ --time-zone America/New_York --report report.ndjson

Exit codes: 0 nothing was refused, 3 the import is complete but some resources were refused, 4 nothing was refused but some
resources differ from the stored ones, 1 the import stopped early. See docs/how-to/import-fhir.md.";

/// Import FHIR resources, or restore a backup.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) what: ImportWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportWhat {
    Events(ImportEvents),
    Fhir(ImportFhir),
}

/// Restore a backup: the same events at the same positions.
///
/// `anamnesis replay --sealed` makes backups. The log must be empty, or hold a part of this backup from a restore that was
/// interrupted. The command compares and skips what the log already holds, so it can be run again. It stops at the first
/// commit that differs from the backup.
///
/// A backup does not contain the master keys and the e-mail pepper. With the embedded servers, first copy the files
/// master-keys and email-pepper from the old data directory to the new one. No client may send commands during the restore.
/// Reactors are paused until it is complete.
#[derive(Debug, clap::Args)]
#[command(after_help = EVENTS_EXAMPLES)]
pub(crate) struct ImportEvents {
    /// The backup [default: standard input].
    pub(crate) file: Option<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Import FHIR R4 resources from NDJSON files and Bundles.
///
/// Reads the Patient, Practitioner, Encounter and MedicationRequest resources of a file, or of all files in a folder: NDJSON
/// (.ndjson, .jsonl) and Bundles (.json), also compressed with gzip (.gz). Patients and practitioners are registered.
/// Finished ambulatory encounters become fulfilled appointments in the past, and medication requests become prescriptions.
///
/// Importing the same files again changes nothing. The report lists each resource that was refused, skipped or changed, or
/// that differs from the stored one, but not its content.
#[derive(Debug, clap::Args)]
#[command(after_help = FHIR_EXAMPLES)]
pub(crate) struct ImportFhir {
    /// A file, or the folder with the files.
    pub(crate) path: PathBuf,
    /// The IANA time zone of the practitioners. FHIR resources do not contain it.
    #[arg(long, default_value = "UTC", value_name = "ZONE", value_parser = time_zone)]
    pub(crate) time_zone: TimeZone,
    /// Change stored records that differ from the files. Fields that the files do not mention stay.
    #[arg(long)]
    pub(crate) update: bool,
    /// The file for the report, one JSON object per line [default: import-report.ndjson in the data directory].
    #[arg(long, visible_alias = "refused", value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::parse(name).map_err(|invalid| invalid.to_string())
}
