//! `anamnesis tree`: what one request set off. It reads the log and changes nothing.

mod branches;
mod draw;

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use journal::{Journal, RecordedEvent};
use uuid::Uuid;

use crate::{
    args::{Common, Tree},
    console,
    log::with_log,
};

/// How many events are read at a time.
const BATCH_EVENTS: usize = 1_000;
/// The most events that are drawn: nobody reads a larger tree.
const MAX_EVENTS: usize = 10_000;

pub(crate) fn run(common: &Common, tree: &Tree) -> anyhow::Result<ExitCode> {
    let events = with_log(common, "anamnesis-tree", async |journal| {
        find(journal, tree.correlation).await
    })?;
    let events = events.context("stopped before the end")?;
    ensure!(!events.is_empty(), "no event is of correlation {}", tree.correlation);
    let commands = branches::grow(events);
    console::print(&match tree.json {
        true => draw::json(tree.correlation, &commands)?,
        false => draw::text(tree.correlation, &commands),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Reads all streams for the events of a correlation.
async fn find(journal: &Journal, correlation: Uuid) -> anyhow::Result<Vec<RecordedEvent>> {
    let ends = journal.ends().await?;
    let bar = console::progress("reading", ends.iter().map(|(_, end)| end).sum());
    let mut found = Vec::new();
    for (context, end) in ends {
        let mut position = 0;
        let mut follower = journal.follow(context, position);
        while position < end {
            let before = position;
            let batch = follower.next_recorded(BATCH_EVENTS).await?;
            position = follower.position();
            bar.inc(position - before);
            found.extend(wanted(batch, correlation));
            ensure!(
                found.len() <= MAX_EVENTS,
                "more than {MAX_EVENTS} events are of that correlation"
            );
        }
    }
    bar.finish_and_clear();
    Ok(found)
}

fn wanted(batch: Vec<RecordedEvent>, correlation: Uuid) -> impl Iterator<Item = RecordedEvent> {
    let is_wanted = move |event: &RecordedEvent| event.metadata.correlation_id == correlation;
    batch.into_iter().filter(is_wanted)
}
