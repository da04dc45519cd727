//! `anamnesis reactors parked` and `anamnesis reactors discard`.

use std::process::ExitCode;

use anyhow::Context as _;
use journal::{Parked, Place};
use reaction_service::{ALL, Description};

use super::{Fate, FateOutcome, MOST_PARKED, SERVICE, print_fates};
use crate::{common::Common, console, log::with_log};

pub(super) fn show(common: &Common, reactor: Option<&'static Description>, json: bool) -> anyhow::Result<ExitCode> {
    let parked = with_log(common, SERVICE, async |journal| {
        let mut parked = Vec::new();
        for known in ALL
            .into_iter()
            .filter(|known| reactor.is_none_or(|wanted| wanted == *known))
        {
            parked.extend(journal.parked(known.context, known.name, MOST_PARKED).await?);
        }
        Ok(parked)
    })?;
    let parked = parked.context("stopped before the end")?;
    if json {
        console::print(&serde_json::to_string_pretty(&parked)?)?;
    } else if parked.is_empty() {
        console::say("nothing is parked");
    } else {
        console::print(&parked.iter().map(readable).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn discard(
    common: &Common,
    reactor: &'static Description,
    places: &[Place],
    json: bool,
) -> anyhow::Result<ExitCode> {
    let fates = with_log(common, SERVICE, async |journal| {
        let mut fates = Vec::new();
        for place in places.iter().copied() {
            let was_there = journal.unpark(reactor.context, reactor.name, place).await?;
            fates.push(Fate {
                reactor: reactor.name,
                place,
                outcome: if was_there {
                    FateOutcome::Discarded
                } else {
                    FateOutcome::NotParked
                },
                reason: None,
            });
        }
        Ok(fates)
    })?;
    let fates = fates.context("stopped before the end")?;
    print_fates(&fates, json)?;
    let all_there = fates.iter().all(|fate| fate.outcome == FateOutcome::Discarded);
    Ok(if all_there {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn readable(parked: &Parked) -> String {
    let unknown = || "unreadable".to_owned();
    format!(
        "{} {}: {} of {}, tried {} times, parked at {}\n    {}",
        parked.subscription,
        parked.place(),
        parked.event_type.clone().unwrap_or_else(unknown),
        parked.aggregate.clone().unwrap_or_else(unknown),
        parked.attempts,
        parked.parked_at.format("%Y-%m-%dT%H:%M:%SZ"),
        parked.reason
    )
}
