//! `anamnesis tree`: draws the events that one request caused.

mod args;
mod branches;
mod draw;

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use journal::Context;

pub(crate) use self::args::Tree;
use crate::{common::Common, console, finding::with_finder, log::with_log_and_settings};

/// The most events in a tree. A larger tree is unreadable.
const MAX_EVENTS: usize = 10_000;

pub(crate) fn run(common: &Common, tree: &Tree) -> anyhow::Result<ExitCode> {
    let events = with_log_and_settings(common, "anamnesis-tree", async |journal, settings| {
        with_finder(journal, settings, async |finder| {
            let found = finder.of_correlation(&Context::ALL, tree.correlation, MAX_EVENTS + 1);
            Ok(found.await?)
        })
        .await
    })?;
    let events = events.context("stopped before the end")?;
    ensure!(
        events.len() <= MAX_EVENTS,
        "correlation {} has more than {MAX_EVENTS} events; `anamnesis replay --correlation` prints them",
        tree.correlation
    );
    ensure!(!events.is_empty(), "no event has correlation {}", tree.correlation);
    let commands = branches::grow(events);
    console::print(&match tree.json {
        true => draw::json(tree.correlation, &commands)?,
        false => draw::text(tree.correlation, &commands),
    })?;
    Ok(ExitCode::SUCCESS)
}
