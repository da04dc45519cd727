//! `anamnesis replay`: prints events as they stand in the log. It changes nothing.

mod backup;
mod filter;
mod render;

use std::{io, process::ExitCode};

use journal::{Context, Journal, OpenedEvent};
use tokio::sync::mpsc;

use self::{backup::print_backup, filter::Filter};
use crate::{
    args::{Common, Format, Replay},
    console,
    log::with_log,
};

/// How many events are read at a time.
const BATCH_EVENTS: usize = 500;
/// How many batches of several streams may wait to be printed.
const WAITING_BATCHES: usize = 4;

pub(crate) fn run(common: &Common, replay: &Replay) -> anyhow::Result<ExitCode> {
    let filter = Filter::new(replay)?;
    let format = match (replay.sealed, replay.format) {
        (false, format) => format.unwrap_or(Format::Pretty),
        (true, None | Some(Format::Ndjson)) => Format::Ndjson,
        (true, Some(Format::Pretty)) => anyhow::bail!("--sealed is for backups, which are NDJSON; leave --format out"),
    };
    with_log(common, "anamnesis-replay", async |journal| {
        if replay.sealed {
            return print_backup(journal).await;
        }
        tokio::select! {
            printed = print_all(journal, &filter, format, replay.follow) => printed,
            () = console::reader_gone(), if replay.follow => Ok(()),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn print_all(journal: &Journal, filter: &Filter, format: Format, follow: bool) -> anyhow::Result<()> {
    let contexts = filter.contexts();
    if follow && contexts.len() > 1 {
        return follow_several(journal, filter, format, &contexts).await;
    }
    for context in contexts {
        let goes_on = match (filter.aggregate(), follow) {
            (Some(aggregate), false) => print_aggregate(journal, filter, format, context, aggregate).await?,
            (_, true) => print_stream(journal, filter, format, context, None).await?,
            (None, false) => {
                let end = journal.status(context).await?.last_position;
                print_stream(journal, filter, format, context, Some(end)).await?
            }
        };
        if !goes_on {
            return Ok(());
        }
    }
    Ok(())
}

/// Prints the events of one aggregate, which are found without reading the stream. Answers whether anyone still reads.
async fn print_aggregate(
    journal: &Journal,
    filter: &Filter,
    format: Format,
    context: Context,
    (aggregate_type, id): (&str, &str),
) -> anyhow::Result<bool> {
    let events = journal.reader().events(context, aggregate_type, id).await?;
    for event in events.iter().filter(|event| filter.wants(&event.recorded)) {
        if !print(&render::render(context, event, format)?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Prints a stream up to its end as it was when the command began, or for ever. Answers whether anyone still reads.
async fn print_stream(
    journal: &Journal,
    filter: &Filter,
    format: Format,
    context: Context,
    end: Option<u64>,
) -> anyhow::Result<bool> {
    let mut position = filter.start().min(journal.status(context).await?.last_position);
    let mut follower = journal.follow(context, position);
    while end.is_none_or(|end| position < end) {
        let batch = follower.next_opened(BATCH_EVENTS).await?;
        position = batch.last().map_or(position, |event| event.recorded.position);
        let wanted = batch
            .iter()
            .filter(|event| end.is_none_or(|end| event.recorded.position <= end) && filter.wants(&event.recorded));
        for event in wanted {
            if !print(&render::render(context, event, format)?)? {
                return Ok(false);
            }
        }
        if batch.last().is_some_and(|event| filter.is_past(&event.recorded)) {
            break;
        }
    }
    Ok(true)
}

/// Follows several streams at once. Events of one stream keep their order; between streams there is none.
async fn follow_several(
    journal: &Journal,
    filter: &Filter,
    format: Format,
    contexts: &[Context],
) -> anyhow::Result<()> {
    let (sender, mut batches) = mpsc::channel::<anyhow::Result<(Context, Vec<OpenedEvent>)>>(WAITING_BATCHES);
    for context in contexts.iter().copied() {
        let start = filter.start().min(journal.status(context).await?.last_position);
        let mut follower = journal.follow(context, start);
        let (sender, filter) = (sender.clone(), filter.clone());
        tokio::spawn(async move {
            loop {
                let batch = follower.next_opened(BATCH_EVENTS).await;
                let ended = batch.as_ref().map_or(true, |batch| {
                    batch.last().is_some_and(|event| filter.is_past(&event.recorded))
                });
                let sent = sender
                    .send(batch.map(|batch| (context, batch)).map_err(Into::into))
                    .await;
                if ended || sent.is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    while let Some(batch) = batches.recv().await {
        let (context, events) = batch?;
        for event in events.iter().filter(|event| filter.wants(&event.recorded)) {
            if !print(&render::render(context, event, format)?)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Prints a line. Answers false when the reader has gone away, as `head` does.
fn print(line: &str) -> io::Result<bool> {
    match console::print(line) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}
