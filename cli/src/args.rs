//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use domain::values::TimeZone;
use projection_service::Projection;
use uuid::Uuid;

use crate::{bench::Bench, reactors::ReactorsArgs};

const REPLAY_EXAMPLES: &str = "Examples:
  Everything, for people:
    anamnesis replay | less
  What became of one appointment:
    anamnesis replay --aggregate appointment/01980f2e-0000-7000-8000-000000000001
  Whatever one request set off:
    anamnesis replay --correlation 01980f2e-0000-7000-8000-000000000002
  Bookings as they happen, for programs:
    anamnesis replay --stream SCHEDULING --type appointment.booked --follow --format ndjson | jq .data
  The patients' first hundred events, and those since an instant:
    anamnesis replay --stream PATIENTS --to 100
    anamnesis replay --stream PATIENTS --from 2027-01-11T15:00:00Z
  A backup:
    anamnesis replay --sealed > backup.ndjson";

const SHOW_EXAMPLES: &str = "Examples:
  anamnesis show patient/01980f2e-0000-7000-8000-000000000001 --version 1
  anamnesis show invoice/01980f2e-0000-7000-8000-000000000003 --as-of 2027-01-31T23:59:59Z | jq .open";

const TREE_EXAMPLES: &str = "Examples:
  anamnesis tree 01980f2e-0000-7000-8000-000000000002
  anamnesis replay --type appointment.booked --format ndjson | head -1 | jq -r .correlationId | xargs anamnesis tree";

const IMPORT_EVENTS_EXAMPLES: &str = "Examples:
  anamnesis import events backup.ndjson
  anamnesis --data-dir old replay --sealed | anamnesis --data-dir new import events";

/// An event-sourced patient-management backend: NATS JetStream is the record, Postgres answers the questions.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 110)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command needs to find its data.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// Where the embedded servers keep their data.
    #[arg(long, global = true, default_value = ".anamnesis", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
    /// A file of settings; ANAMNESIS_CONFIG names one too. `anamnesis config` shows them all, with what is in effect.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process, on one port.
    ///
    /// Starts NATS and Postgres below the data directory, unless the settings say where they are, and serves commands
    /// and queries until Ctrl-C.
    Up(Up),
    /// Bring data in from elsewhere.
    Import(Import),
    /// Print events as they stand in the log.
    ///
    /// Reads the log of the `up` that is running on the data directory, or starts its NATS for as long as it takes. Changes
    /// nothing. Events of one stream come in its order, from its first event on; sequences count within a stream.
    ///
    /// With --sealed it writes a backup, which `anamnesis import events` restores.
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(Replay),
    /// Show a patient, appointment, prescription, account or invoice as it was, as JSON.
    ///
    /// Folds its events from the log, up to an instant or a version. Of people who have been erased it shows nothing
    /// personal, of no moment.
    #[command(after_help = SHOW_EXAMPLES, disable_version_flag = true)]
    Show(Show),
    /// Draw which command caused which events, and which commands those caused.
    ///
    /// A correlation ties together everything that one request set off: `anamnesis replay --format ndjson` prints it with
    /// every event. Changes nothing. Without the read models, it reads all streams to the end. The events of one command were
    /// stored together.
    #[command(after_help = TREE_EXAMPLES)]
    Tree(Tree),
    /// Check that the log is whole, and that what is shown follows from it.
    ///
    /// Makes the checks that are named, or all there are, and changes nothing. Of the log it names the first fault of each
    /// stream: its sequence, and the aggregate and version where they are known. Of the read models it names the rows that
    /// are missing, extra or different, by key and column, and never a value. The exit code is 0 only when there is no
    /// fault.
    #[command(
        after_help = "Examples:\n  anamnesis verify\n  anamnesis verify --chain --stream PATIENTS\n  \
                            anamnesis verify --projection appointment --json"
    )]
    Verify(Verify),
    /// Look after the reactors: what an event sets off elsewhere, and what could not be done.
    Reactors(ReactorsArgs),
    /// Look after the events that a projection could not apply.
    ///
    /// Such an event is parked, and later events of its row wait behind it in order; all others go on.
    #[command(after_help = "See docs/how-to/dlq.md.")]
    Dlq(Dlq),
    /// Build projections anew from the log, beside the live ones, and put them in their place.
    ///
    /// Queries are answered throughout, and commands taken. Each new version is compared with the live one at the same
    /// position, and takes its place in one transaction; what it replaced is kept for `rollback`. It can be stopped at any
    /// moment, also by kill -9: run again, it goes on where it was.
    #[command(
        after_help = "Examples:\n  anamnesis rebuild appointment\n  anamnesis rebuild --all --workers 4\n\n\
                            See docs/how-to/rebuild.md."
    )]
    Rebuild(Rebuild),
    /// Put the version of a projection back that the last rebuild replaced.
    ///
    /// It goes on from where it stood. What it replaces is kept in turn, so that running this twice changes nothing.
    Rollback(Rollback),
    /// Tell how far every projection is, what it does, and who advances it.
    Projections(Projections),
    /// Look after the keys that personal data is sealed under.
    Keys(Keys),
    /// Show what events look like, and check that what was published of them still holds.
    ///
    /// Every version of every event has a JSON Schema and a sample, in a checkout's `schemas/` folder and in this
    /// program. Needs neither a log nor a database.
    Schema(Schema),
    /// Measure how fast it is, and compare.
    Bench(Bench),
    /// Say whether everything is as it must be, and what to do where it is not.
    ///
    /// Looks at NATS, its streams, Postgres, the clocks and the disk, and changes nothing. Works on the servers of the
    /// `up` that is running on the data directory, on those that the settings name, or starts its own for as long as it
    /// takes. The exit code is 0 when nothing fails; warnings are not failures.
    Doctor(Doctor),
    /// Print the settings in effect, with secrets masked.
    Config,
    /// Print the OpenAPI document of the HTTP API.
    Openapi,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// The address and port to serve on. Only loopback, while requests are not authenticated.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// The address and port to serve gRPC on. Only loopback, while calls are not authenticated.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) grpc_listen: Option<SocketAddr>,
    /// Import a small clinic first, and show what can be done with it.
    #[arg(long)]
    pub(crate) demo: bool,
    /// When ready, print one line of JSON with all URLs, the passwords of the embedded servers among them.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) what: ImportWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportWhat {
    /// Restore a backup that `anamnesis replay --sealed` made: the same events at the same positions.
    ///
    /// Restores into an empty log, or goes on with a restoration that was broken off: what is there already is compared
    /// and skipped, so that it can be started twice. Where the log holds another event in a place, it stops and says so.
    ///
    /// The master keys and the e-mail pepper are not in a backup. Where the servers are the embedded ones, put the files
    /// master-keys and email-pepper of the old data directory into the new one first. Nobody may give commands meanwhile.
    #[command(after_help = IMPORT_EVENTS_EXAMPLES)]
    Events(ImportEvents),
    /// Import a folder of FHIR R4 NDJSON files.
    ///
    /// Reads Patient.ndjson, Practitioner.ndjson, Encounter.ndjson and MedicationRequest.ndjson. Finished ambulatory
    /// encounters become past, fulfilled appointments; the medication requests of one encounter become one prescription,
    /// and finished ones history. Running it twice changes nothing. What is refused is written to a file, with the reason,
    /// and the exit code is 3 then; 0 means that nothing was refused.
    Fhir(ImportFhir),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ImportEvents {
    /// The backup [default: standard input].
    pub(crate) file: Option<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ImportFhir {
    /// The folder that holds the files.
    pub(crate) dir: PathBuf,
    /// The IANA time zone that practitioners work in: FHIR does not give it.
    #[arg(long, default_value = "UTC", value_name = "ZONE", value_parser = time_zone)]
    pub(crate) time_zone: TimeZone,
    /// Where refusals are written, a JSON object a line [default: import-refused.ndjson in the data directory].
    #[arg(long, value_name = "FILE")]
    pub(crate) refused: Option<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// Only this stream: PATIENTS, SCHEDULING, PRESCRIBING or BILLING.
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<journal::Context>,
    /// Only this aggregate, for example patient/01980f2e-0000-7000-8000-000000000001.
    #[arg(long, value_name = "TYPE/ID")]
    pub(crate) aggregate: Option<String>,
    /// Only from this sequence (12) or instant (2027-01-11T15:00:00Z) on.
    #[arg(long, value_name = "SEQ|TIME")]
    pub(crate) from: Option<Bound>,
    /// Only up to this sequence or instant, inclusive.
    #[arg(long, value_name = "SEQ|TIME")]
    pub(crate) to: Option<Bound>,
    /// Only events of this type, for example appointment.booked. Repeatable.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Only events of this correlation: all that one request set off.
    #[arg(long, value_name = "ID")]
    pub(crate) correlation: Option<Uuid>,
    /// Go on printing events as they are appended.
    #[arg(long)]
    pub(crate) follow: bool,
    /// How events are printed [default: pretty].
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Print a backup, as NDJSON: a line about itself, the keys of people, wrapped by the master key, and every event as it
    /// stands in the log, with its personal fields sealed. Without this option personal fields are printed in the clear.
    #[arg(
        long,
        conflicts_with_all = ["stream", "aggregate", "from", "to", "types", "correlation", "follow"]
    )]
    pub(crate) sealed: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// What to show, for example patient/01980f2e-0000-7000-8000-000000000001.
    #[arg(value_name = "TYPE/ID")]
    pub(crate) aggregate: String,
    /// As it was at this instant, for example 2027-01-11T15:00:00Z [default: as it is now].
    #[arg(long, value_name = "INSTANT", conflicts_with = "version")]
    pub(crate) as_of: Option<chrono::DateTime<chrono::Utc>>,
    /// As it was in this version, from 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) version: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Tree {
    /// The correlation's id.
    pub(crate) correlation: Uuid,
    /// Print the tree as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Read every event from the first, and check that no sequence is missing and that, for every aggregate, no version
    /// is missing or there twice and each event carries the hash of the one before.
    #[arg(long)]
    pub(crate) chain: bool,
    /// Only the chain of this stream: PATIENTS, SCHEDULING, PRESCRIBING or BILLING.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["projections", "projection", "ledger"])]
    pub(crate) stream: Option<journal::Context>,
    /// Fold the log from its first event, and hold the rows of every projection against what comes of it.
    #[arg(long)]
    pub(crate) projections: bool,
    /// The same for one projection. Repeatable.
    #[arg(long, value_name = "NAME", value_parser = projection)]
    pub(crate) projection: Vec<&'static Projection>,
    /// Add up every posting of the log: each entry sums to zero in each currency. And check that no two appointments of
    /// one practitioner or patient overlap, unless one is overbooked.
    #[arg(long)]
    pub(crate) ledger: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Print the findings as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Verify {
    /// Whether to check the chains: they are asked for, or no check is named.
    pub(crate) fn wants_chain(&self) -> bool {
        self.chain || self.stream.is_some() || self.names_no_check()
    }

    /// The projections to check.
    pub(crate) fn wanted_projections(&self) -> Vec<&'static Projection> {
        if self.projections || self.names_no_check() {
            return projection_service::ALL.iter().collect();
        }
        self.projection.clone()
    }

    /// Whether to check the ledger and the appointments.
    pub(crate) fn wants_ledger(&self) -> bool {
        self.ledger || self.names_no_check()
    }

    fn names_no_check(&self) -> bool {
        !self.chain && self.stream.is_none() && !self.projections && self.projection.is_empty() && !self.ledger
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Projections {
    /// Print them as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["projection", "all"])))]
pub(crate) struct Rebuild {
    /// The projection.
    #[arg(value_name = "NAME", value_parser = projection)]
    pub(crate) projection: Option<&'static Projection>,
    /// All of them. Those that read one stream are folded together.
    #[arg(long)]
    pub(crate) all: bool,
    /// In how many parts each is folded side by side. One that was begun keeps the number that it was begun with.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) workers: u16,
    /// Print what is going on as JSON, an object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rollback {
    /// The projection.
    #[arg(value_name = "NAME", value_parser = projection)]
    pub(crate) projection: &'static Projection,
    /// Print what was done as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    pub(crate) what: DlqWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DlqWhat {
    /// List the parked events, with what is wrong with each.
    List(DlqMany),
    /// Show one parked event, and how many wait behind it.
    Show(DlqOne),
    /// Try the parked events again, in the order of their stream.
    ///
    /// Each is read from its stream, through the upcasters. Those of a row keep their order. It can be stopped at any
    /// moment and run again. The exit code is 0 when nothing is parked any more.
    Retry(DlqMany),
    /// Give a parked event up, for good.
    ///
    /// It is passed over from then on, also when the projection is rebuilt. The reason is kept. Those that wait behind it
    /// are applied by `dlq retry`.
    #[command(
        after_help = "Example:\n  anamnesis dlq discard 4711 --projection patient --yes \\\n      \
                            --reason \"written twice by the import of 3 May\""
    )]
    Discard(DlqDiscard),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DlqMany {
    /// Only of this projection.
    #[arg(long, value_name = "NAME", value_parser = projection)]
    pub(crate) projection: Option<&'static Projection>,
    /// Print a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DlqOne {
    /// The event's position in its stream.
    pub(crate) position: u64,
    /// The projection that has parked it.
    #[arg(long, value_name = "NAME", value_parser = projection)]
    pub(crate) projection: &'static Projection,
    /// Print it as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DlqDiscard {
    #[command(flatten)]
    pub(crate) event: DlqOne,
    /// Why it is given up. Nothing personal: it is kept for good.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) reason: String,
    /// That it is meant.
    #[arg(long, required = true)]
    pub(crate) yes: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) what: KeysWhat,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum KeysWhat {
    /// Print a new master key, to be put before the present one.
    ///
    /// Master keys are in sealing.master_keys, in the file that sealing.master_keys_file names, or, where the servers are
    /// the embedded ones, in the file master-keys of the data directory: a line each, the present one first.
    Generate,
    /// Count the keys: by the master key that wraps them, and those that have been destroyed.
    Status {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Wrap all keys anew under the present master key, so that the others can be put away.
    ///
    /// Put a new master key before the present one, restart every service with both, run this, and then take the old one
    /// away. No event is touched. It can be stopped and run again.
    Rewrap {
        /// Print what was done as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Schema {
    #[command(subcommand)]
    pub(crate) what: SchemaWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaWhat {
    /// List the events, with the versions that can be read.
    ///
    /// The version is the one that is written today; older ones are raised to it when they are read. The fingerprint
    /// changes whenever the schema does: it is the beginning of the SHA-256 of the schema's canonical JSON.
    #[command(after_help = "Example:\n  anamnesis schema list --json | jq '.[] | select(.version > 1)'")]
    List(SchemaList),
    /// Print the JSON Schema of an event, or its sample.
    #[command(after_help = "Examples:\n  anamnesis schema show patient.registered\n  \
                            anamnesis schema show patient.registered@1 --sample")]
    Show(SchemaShow),
    /// Check that events written before can still be read, and events written now by readers built before.
    ///
    /// Compares the schemas of this program with those that were published, version by version. A published version
    /// may gain documentation and optional fields, and nothing else. Names each change that is not allowed, and the
    /// exit code is 0 only when there is none.
    #[command(after_help = "Examples:\n  anamnesis schema check\n  \
                            anamnesis schema check --against ../anamnesis-0.1.0/schemas/json")]
    Check(SchemaCheck),
    /// Bring a checkout's published files up to date with the code.
    ///
    /// Writes the JSON Schemas, what each sample reads as, and the checksums. Never changes what was published: what
    /// does not fit is refused, with what to do about it.
    #[command(after_help = "Example, in a checkout:\n  cargo run -- schema generate")]
    Generate(SchemaGenerate),
}

#[derive(Debug, clap::Args)]
pub(crate) struct SchemaList {
    /// Print a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SchemaShow {
    /// The event and, if it is not the one written today, the version.
    #[arg(value_name = "TYPE[@VERSION]")]
    pub(crate) event: String,
    /// Print the golden sample: the body of an event in this version, with every field filled.
    #[arg(long)]
    pub(crate) sample: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SchemaCheck {
    /// The published schemas: `schemas/json` of a checkout or of an older release [default: those this program was
    /// built with].
    #[arg(long, value_name = "DIR")]
    pub(crate) against: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SchemaGenerate {
    /// The folder that holds `json/` and `samples/`.
    #[arg(long, value_name = "DIR", default_value = "schemas")]
    pub(crate) dir: PathBuf,
}

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Pretty,
    /// One JSON object a line, whole.
    Ndjson,
}

/// A place in a stream, by sequence or by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// A sequence.
    Position(u64),
    /// An instant.
    Time(chrono::DateTime<chrono::Utc>),
}

impl std::str::FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(position));
        }
        let time = text
            .parse()
            .map_err(|_| "must be a sequence such as 12, or an instant such as 2027-01-11T15:00:00Z");
        Ok(Self::Time(time?))
    }
}

fn projection(name: &str) -> Result<&'static Projection, String> {
    Projection::find(name).ok_or_else(|| {
        let names: Vec<&str> = projection_service::ALL.iter().map(Projection::name).collect();
        format!("no projection has this name; there are {}", names.join(", "))
    })
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::parse(name).map_err(|invalid| invalid.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_bound_is_a_sequence_or_an_instant() {
        assert_eq!("12".parse(), Ok(Bound::Position(12)));
        let time = "2027-01-11T15:00:00Z".parse().expect("an instant");
        assert_eq!("2027-01-11T15:00:00Z".parse(), Ok(Bound::Time(time)));
        assert!("yesterday".parse::<Bound>().is_err());
    }
}
