//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use domain::values::TimeZone;

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
    /// Reads the log of the `up` that is running on the data directory, or starts its NATS for as long as it takes.
    Replay(Replay),
    /// Check that the log is whole.
    ///
    /// Makes the checks that are named, or all there are. Names the first fault of each stream: its sequence, and the
    /// aggregate and version where they are known. The exit code is 0 only when there is none.
    Verify(Verify),
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
    /// Import a folder of FHIR R4 NDJSON files.
    ///
    /// Reads Patient.ndjson, Practitioner.ndjson and Encounter.ndjson. Finished ambulatory encounters become past,
    /// fulfilled appointments. Running it twice changes nothing. What is refused is written to a file, with the reason,
    /// and the exit code is 3 then; 0 means that nothing was refused.
    Fhir(ImportFhir),
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
    /// Only this stream: PATIENTS or SCHEDULING.
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
    /// Go on printing events as they are appended.
    #[arg(long)]
    pub(crate) follow: bool,
    /// How events are printed.
    #[arg(long, value_enum, default_value_t = Format::Pretty)]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Read every event from the first, and check that no sequence is missing and that, for every aggregate, no version
    /// is missing or there twice and each event carries the hash of the one before.
    #[arg(long)]
    pub(crate) chain: bool,
    /// Only this stream: PATIENTS or SCHEDULING.
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<journal::Context>,
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
    pub(crate) const fn wants_chain(&self) -> bool {
        self.chain || self.names_no_check()
    }

    const fn names_no_check(&self) -> bool {
        !self.chain
    }
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
