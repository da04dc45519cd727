//! `anamnesis reactors list`.

use std::process::ExitCode;

use anyhow::Context as _;
use platform::Clock;
use reaction_service::{ALL, Description, ReactorStatus};
use serde::Serialize;

use super::SERVICE;
use crate::{common::Common, console, log::with_log};

/// A reactor as it is listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    reactor: &'static str,
    stream: &'static str,
    event_types: &'static [&'static str],
    /// `None` if the reactor has never run.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Standing>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    lag_events: u64,
    held_events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_age_seconds: Option<i64>,
    parked_events: u64,
    is_paused: bool,
}

pub(super) fn run(common: &Common, json: bool) -> anyhow::Result<ExitCode> {
    let listed = with_log(common, SERVICE, async |journal| {
        let mut listed = Vec::new();
        for reactor in ALL {
            let status = journal.reactor_status(reactor.context, reactor.name).await?;
            listed.push(Listed::new(reactor, status));
        }
        Ok(listed)
    })?;
    let listed = listed.context("stopped before the end")?;
    console::print(&if json {
        serde_json::to_string_pretty(&listed)?
    } else {
        readable(&listed)
    })?;
    Ok(ExitCode::SUCCESS)
}

impl Listed {
    fn new(reactor: &'static Description, status: Option<ReactorStatus>) -> Self {
        Self {
            reactor: reactor.name,
            stream: reactor.context.name(),
            event_types: reactor.event_types,
            status: status.map(|status| Standing {
                lag_events: status.lag_events,
                held_events: status.held_events,
                oldest_age_seconds: status
                    .oldest_at
                    .map(|oldest| (Clock::system().now() - oldest).num_seconds().max(0)),
                parked_events: status.parked_events,
                is_paused: status.is_paused,
            }),
        }
    }
}

fn readable(listed: &[Listed]) -> String {
    let heading = format!(
        "{:<22}{:>8}{:>8}{:>12}{:>8}  {}",
        "REACTOR", "BEHIND", "HELD", "OLDEST (s)", "PARKED", "REACTS TO"
    );
    let lines = listed.iter().map(|one| {
        let types = one.event_types.join(", ");
        match &one.status {
            None => format!("{:<22}{:>36}  {types}", one.reactor, "has never run"),
            Some(status) => {
                let oldest = status
                    .oldest_age_seconds
                    .map_or_else(|| "-".to_owned(), |age| age.to_string());
                let types = match status.is_paused {
                    true => format!("{types} (paused)"),
                    false => types,
                };
                format!(
                    "{:<22}{:>8}{:>8}{:>12}{:>8}  {types}",
                    one.reactor, status.lag_events, status.held_events, oldest, status.parked_events
                )
            }
        }
    });
    std::iter::once(heading).chain(lines).collect::<Vec<_>>().join("\n")
}
