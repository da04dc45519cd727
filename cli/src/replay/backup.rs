//! The backup: every commit as it stands in the log, sealed, and the wrapped keys that belong to it.

use journal::{Context, Journal};

use super::{BATCH_EVENTS, print};
use crate::ndjson::{Backup, BackupStream, CommitLine, KeyLine};

/// Prints a backup: what it holds, the keys, then each stream up to its end as it was when the command began. The keys
/// come after the ends have been asked for, so that there is one for everything sealed before them.
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
    if !print(&Backup::new(streams).line()?)? || !print_keys(journal).await? {
        return Ok(());
    }
    for (context, end) in ends {
        if !print_stream(journal, context, end).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Answers whether anyone still reads.
async fn print_keys(journal: &Journal) -> anyhow::Result<bool> {
    let mut after = 0;
    while let Some((place, key)) = journal.next_kept_key(after).await? {
        if !print(&serde_json::to_string(&KeyLine { key })?)? {
            return Ok(false);
        }
        after = place;
    }
    Ok(true)
}

/// Answers whether anyone still reads.
async fn print_stream(journal: &Journal, context: Context, end: u64) -> anyhow::Result<bool> {
    let mut position = 0;
    let mut follower = journal.follow(context, 0);
    while position < end {
        let batch = follower.next_commits(BATCH_EVENTS).await?;
        for commit in batch.iter().take_while(|commit| commit.position <= end) {
            if !print(&serde_json::to_string(&CommitLine::new(commit)?)?)? {
                return Ok(false);
            }
        }
        position = follower.position();
    }
    Ok(true)
}
