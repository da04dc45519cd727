//! Prints a backup: the wrapped data keys, and every commit with its personal fields sealed.

use journal::{Context, Journal};

use super::BATCH_EVENTS;
use crate::{
    console,
    ndjson::{Backup, BackupStream, CommitLine, KeyLine},
};

/// Prints the header, the keys, then each stream up to the end that it had when the command started. The keys are read
/// after the ends, so that the backup has a key for everything sealed before them.
pub(super) async fn print_backup(journal: &Journal) -> anyhow::Result<()> {
    let ends = journal.ends().await?;
    let mut streams = Vec::with_capacity(ends.len());
    for (context, end) in &ends {
        streams.push(BackupStream {
            name: context.name().to_owned(),
            commits: *end,
            first_id: match end {
                0 => None,
                _ => {
                    let first = journal.follow(*context, 0).next_commits(1).await?;
                    first.first().map(|commit| commit.id)
                }
            },
        });
    }
    console::print(&Backup::new(streams).line()?)?;
    print_keys(journal).await?;
    for (context, end) in ends {
        print_stream(journal, context, end).await?;
    }
    Ok(())
}

async fn print_keys(journal: &Journal) -> anyhow::Result<()> {
    let mut after = 0;
    while let Some((place, key)) = journal.next_kept_key(after).await? {
        console::print(&serde_json::to_string(&KeyLine { key })?)?;
        after = place;
    }
    Ok(())
}

async fn print_stream(journal: &Journal, context: Context, end: u64) -> anyhow::Result<()> {
    let mut position = 0;
    let mut follower = journal.follow(context, 0);
    while position < end {
        let batch = follower.next_commits(BATCH_EVENTS).await?;
        for commit in batch.iter().take_while(|commit| commit.position <= end) {
            console::print(&serde_json::to_string(&CommitLine::new(commit)?)?)?;
        }
        position = follower.position();
    }
    Ok(())
}
