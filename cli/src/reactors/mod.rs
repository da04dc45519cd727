//! `anamnesis reactors`: the state of the reactors, and the events that they parked.

mod args;
mod list;
mod parked;
mod pause;
mod retry;

use std::{fmt, process::ExitCode};

use journal::Place;
use serde::Serialize;

pub(crate) use self::{
    args::{ReactorsArgs, ReactorsWhat},
    pause::{pause_all, resume_all},
};
use crate::{common::Common, console};

/// The most parked events of a reactor that one command reads.
const MOST_PARKED: usize = 1_000;
const SERVICE: &str = "anamnesis-reactors";

pub(crate) fn run(common: &Common, reactors: &ReactorsArgs) -> anyhow::Result<ExitCode> {
    match &reactors.what {
        ReactorsWhat::List { json } => list::run(common, *json),
        ReactorsWhat::Pause { reactor } => pause::pause(common, *reactor),
        ReactorsWhat::Resume { reactor } => pause::resume(common, *reactor),
        ReactorsWhat::Parked { reactor, json } => parked::show(common, *reactor, *json),
        ReactorsWhat::Retry { reactor, places, json } => retry::run(common, reactor, places, *json),
        ReactorsWhat::Discard { reactor, places, json } => parked::discard(common, reactor, places, *json),
    }
}

/// The outcome for a parked event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fate {
    reactor: &'static str,
    #[serde(serialize_with = "as_text")]
    place: Place,
    #[serde(serialize_with = "as_text")]
    outcome: FateOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FateOutcome {
    Done,
    /// The reaction had nothing to do.
    Nothing,
    Failed,
    Discarded,
    NotParked,
}

impl fmt::Display for FateOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Nothing => "nothing",
            Self::Failed => "failed",
            Self::Discarded => "discarded",
            Self::NotParked => "not-parked",
        })
    }
}

fn as_text<S: serde::Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn print_fates(fates: &[Fate], json: bool) -> anyhow::Result<()> {
    if json {
        return console::print(&serde_json::to_string_pretty(fates)?);
    }
    for fate in fates {
        let reason = fate
            .reason
            .as_ref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        console::print(&format!("{} {}: {}{reason}", fate.reactor, fate.place, fate.outcome))?;
    }
    if fates.is_empty() {
        console::say("nothing is parked");
    }
    Ok(())
}
