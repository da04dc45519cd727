//! The arguments of `anamnesis replay`.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use uuid::Uuid;

const EXAMPLES: &str = "Examples:
  All events, for reading:
    anamnesis replay | less
  The history of one appointment:
    anamnesis replay --aggregate appointment/01980f2e-0000-7000-8000-000000000001
  Everything that one request caused:
    anamnesis replay --correlation 01980f2e-0000-7000-8000-000000000002
  New bookings as they happen, for a program:
    anamnesis replay --stream SCHEDULING --type appointment.booked --follow --format ndjson | jq .data
  The first hundred commits of a stream, and its events since an instant:
    anamnesis replay --stream PATIENTS --to 100
    anamnesis replay --stream PATIENTS --from 2027-01-11T15:00:00Z
  A backup:
    anamnesis replay --sealed > backup.ndjson";

/// Print the events in the log, or make a backup.
///
/// Use it to see what happened, to feed other programs, and to back up. It only reads. It prints stream by stream, in the
/// order of each stream. Positions count within a stream.
///
/// Personal fields are printed in the clear. With --sealed they stay encrypted, and the output is a backup that
/// `anamnesis import events` restores.
///
/// Without a running `up`, it starts the servers it needs and stops them afterwards.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    /// Only events of this stream: PATIENTS, SCHEDULING, PRESCRIBING or BILLING [default: all streams].
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<journal::Context>,
    /// Only events of this aggregate, for example patient/01980f2e-0000-7000-8000-000000000001.
    #[arg(long, value_name = "TYPE/ID")]
    pub(crate) aggregate: Option<String>,
    /// Only events from this position (12) or time (2027-01-11T15:00:00Z) on [default: the start of the stream].
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) from: Option<Bound>,
    /// Only events up to this position or time, inclusive [default: the current end of the stream].
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) to: Option<Bound>,
    /// Only events of this type, for example appointment.booked. Can be repeated.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Only events with this correlation id, which all events caused by one request share.
    #[arg(long, value_name = "ID")]
    pub(crate) correlation: Option<Uuid>,
    /// Keep printing new events as they are appended, until Ctrl-C.
    #[arg(long)]
    pub(crate) follow: bool,
    /// The output format [default: pretty].
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Print a backup of the whole log as NDJSON: a header, the data keys wrapped by the master key, and every commit with
    /// its personal fields encrypted.
    #[arg(
        long,
        conflicts_with_all = ["stream", "aggregate", "from", "to", "types", "correlation", "follow"]
    )]
    pub(crate) sealed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Two lines per event, for reading.
    Pretty,
    /// One JSON object per line, with all fields.
    Ndjson,
}

/// A limit within a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Position(u64),
    Time(DateTime<Utc>),
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(position));
        }
        let time = text
            .parse()
            .map_err(|_| "must be a position such as 12, or an instant such as 2027-01-11T15:00:00Z");
        Ok(Self::Time(time?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_position_or_an_instant() {
        assert_eq!("12".parse(), Ok(Bound::Position(12)));
        let time = "2027-01-11T15:00:00Z".parse().expect("an instant");
        assert_eq!("2027-01-11T15:00:00Z".parse(), Ok(Bound::Time(time)));
        assert!("yesterday".parse::<Bound>().is_err());
    }
}
