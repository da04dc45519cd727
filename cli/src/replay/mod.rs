//! `anamnesis replay`: prints the events in the log, or a backup.

mod args;
mod backup;
mod filter;
mod render;

use std::process::ExitCode;

use futures_util::stream::{self, Stream, StreamExt as _};
use journal::{Context, FollowError, Follower, Journal, OpenedEvent};
use query_service::past::Finder;

pub(crate) use self::args::Replay;
use self::{args::Format, backup::print_backup, filter::Filter};
use crate::{common::Common, console, finding::with_finder, log::with_log_and_settings};

/// The number of events that are read at a time.
const BATCH_EVENTS: usize = 500;

pub(crate) fn run(common: &Common, replay: &Replay) -> anyhow::Result<ExitCode> {
    let filter = Filter::new(replay)?;
    let format = match (replay.sealed, replay.format) {
        (false, format) => format.unwrap_or(Format::Pretty),
        (true, None | Some(Format::Ndjson)) => Format::Ndjson,
        (true, Some(Format::Pretty)) => anyhow::bail!("--sealed prints a backup, which is NDJSON; leave --format out"),
    };
    with_log_and_settings(common, "anamnesis-replay", async |journal, settings| {
        if replay.sealed {
            return print_backup(journal).await;
        }
        if filter.names_few() && !replay.follow {
            let print = async |finder: &Finder| print_few(finder, &filter, format).await;
            return with_finder(journal, settings, print).await;
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
    if follow {
        return follow_all(journal, filter, format, &contexts).await;
    }
    for context in contexts {
        print_stream(journal, filter, format, context).await?;
    }
    Ok(())
}

/// Prints the events of one aggregate or correlation, found through the index instead of reading whole streams.
async fn print_few(finder: &Finder, filter: &Filter, format: Format) -> anyhow::Result<()> {
    for context in filter.contexts() {
        let events = match (filter.aggregate(), filter.correlation()) {
            (Some((aggregate_type, id)), _) => finder.events(context, aggregate_type, id).await?,
            (None, Some(correlation)) => {
                let found = finder.of_correlation(&[context], correlation, usize::MAX).await?;
                finder.open(found).await?
            }
            (None, None) => Vec::new(),
        };
        print_wanted(context, &events, filter, format)?;
    }
    Ok(())
}

/// Prints a stream up to its current end.
async fn print_stream(journal: &Journal, filter: &Filter, format: Format, context: Context) -> anyhow::Result<()> {
    let end = journal.status(context).await?.last_position;
    let mut position = filter.start().min(end);
    let mut follower = journal.follow(context, position);
    while position < end {
        let batch = follower.next_opened(BATCH_EVENTS).await?;
        position = follower.position();
        let up_to_end = batch.partition_point(|event| event.recorded.position <= end);
        print_wanted(context, &batch[..up_to_end], filter, format)?;
        if batch.last().is_some_and(|event| filter.is_past(&event.recorded)) {
            break;
        }
    }
    Ok(())
}

/// Follows streams concurrently, forever or up to the bounds. Events keep their order within a stream, but not across streams.
async fn follow_all(journal: &Journal, filter: &Filter, format: Format, contexts: &[Context]) -> anyhow::Result<()> {
    let mut streams = Vec::with_capacity(contexts.len());
    for context in contexts.iter().copied() {
        let start = filter.start().min(journal.status(context).await?.last_position);
        streams.push(batches_of(context, journal.follow(context, start), filter).boxed());
    }
    let mut batches = stream::select_all(streams);
    while let Some(batch) = batches.next().await {
        let (context, events) = batch?;
        print_wanted(context, &events, filter, format)?;
    }
    Ok(())
}

/// The batches of a stream, up to the first after which no event can match. The stream is lazy: dropping it stops reading.
fn batches_of(
    context: Context,
    follower: Follower,
    filter: &Filter,
) -> impl Stream<Item = Result<(Context, Vec<OpenedEvent>), FollowError>> {
    stream::unfold(Some(follower), move |follower| async move {
        let mut follower = follower?;
        let batch = follower.next_opened(BATCH_EVENTS).await;
        let goes_on = batch
            .as_ref()
            .is_ok_and(|batch| !batch.last().is_some_and(|event| filter.is_past(&event.recorded)));
        Some((batch.map(|batch| (context, batch)), goes_on.then_some(follower)))
    })
}

fn print_wanted(context: Context, events: &[OpenedEvent], filter: &Filter, format: Format) -> anyhow::Result<()> {
    for event in events.iter().filter(|event| filter.wants(&event.recorded)) {
        console::print(&render::render(context, event, format)?)?;
    }
    Ok(())
}
