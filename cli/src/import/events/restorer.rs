//! Stores a backup batch by batch, each stream in its order. The log must be empty or hold a part of the same backup.

use std::{collections::BTreeMap, mem};

use anyhow::{Context as _, bail, ensure};
use journal::{Commit, Context, Journal, KeptKey, KeyRestored, Restoration, Restored};
use serde::Serialize;

use super::lines::Numbered;
use crate::{
    ndjson::{Backup, Line},
    reactors,
};

/// The maximum number of commits and bytes in a batch.
const BATCH_COMMITS: usize = 16;
const BATCH_BYTES: usize = 4 << 20;
/// The number of keys that are stored concurrently.
const BATCH_KEYS: usize = 64;
/// The number of invalid lines that are reported.
const MAX_BROKEN: usize = 20;

/// The outcome of a restore.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// The commits by stream.
    pub(super) streams: BTreeMap<&'static str, Count>,
    pub(super) keys: Count,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Count {
    pub(super) stored: u64,
    pub(super) already_there: u64,
}

#[derive(Debug)]
pub(super) struct Restorer<'a, P> {
    journal: &'a Journal,
    /// Receives the number of all commits, and of those that are stored or compared.
    progress: P,
    backup: Option<Backup>,
    streams: BTreeMap<Context, Stream>,
    keys: Vec<(u64, KeptKey)>,
    broken: Vec<(u64, String)>,
    is_partial: bool,
    report: Report,
}

#[derive(Debug)]
struct Stream {
    restoration: Restoration,
    waiting: Vec<Commit>,
    /// The line numbers of the waiting commits.
    lines: Vec<u64>,
    waiting_bytes: usize,
}

impl<'a, P: Fn(u64, u64)> Restorer<'a, P> {
    pub(super) fn new(journal: &'a Journal, progress: P) -> Self {
        Self {
            journal,
            progress,
            backup: None,
            streams: BTreeMap::new(),
            keys: Vec::new(),
            broken: Vec::new(),
            is_partial: false,
            report: Report::default(),
        }
    }

    /// Whether the log holds only a part of the backup, so that the reactors are paused.
    pub(super) const fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Takes the next line. After the first invalid line it stores nothing more, and only collects further invalid lines.
    ///
    /// # Errors
    /// The line does not match the log, or cannot be stored.
    pub(super) async fn take(&mut self, Numbered { number, line }: Numbered) -> anyhow::Result<()> {
        let line = match line {
            Ok(line) if self.broken.is_empty() => line,
            Ok(_) => return Ok(()),
            Err(fault) => {
                if self.broken.is_empty() {
                    self.flush().await?;
                }
                if self.broken.len() < MAX_BROKEN {
                    self.broken.push((number, fault));
                }
                return Ok(());
            }
        };
        match (line, &self.backup) {
            (Line::Backup(backup), None) => self.begin(backup).await.with_context(|| format!("line {number}")),
            (Line::Backup(backup), Some(begun)) if backup == *begun => Ok(()),
            (Line::Backup(_), Some(_)) => bail!("line {number}: another backup starts here"),
            (_, None) => bail!(
                "line {number}: this is not a backup, because it does not start with a header; `anamnesis replay --sealed` \
                 makes backups"
            ),
            (Line::Key(key), Some(_)) => {
                self.keys.push((number, key));
                match self.keys.len() {
                    BATCH_KEYS => self.store_keys().await,
                    _ => Ok(()),
                }
            }
            (Line::Commit(commit), Some(_)) => self.take_commit(number, *commit).await,
        }
    }

    async fn take_commit(&mut self, number: u64, commit: Commit) -> anyhow::Result<()> {
        // Keys come before commits, so that followers of the log never meet a commit without its key.
        self.store_keys().await?;
        let home = self
            .streams
            .iter_mut()
            .find(|(context, _)| context.definition() == commit.stream);
        let (context, stream) = home.context("the commit belongs to no open stream")?;
        stream.waiting_bytes += commit.body().len();
        stream.waiting.push(commit);
        stream.lines.push(number);
        if stream.waiting.len() < BATCH_COMMITS && stream.waiting_bytes < BATCH_BYTES {
            return Ok(());
        }
        let context = *context;
        self.store_commits(context).await
    }

    /// Stores the remaining commits, checks that the backup was complete, and returns the outcome.
    ///
    /// # Errors
    /// A line was invalid, the backup is truncated, or a commit or key cannot be stored.
    pub(super) async fn finish(&mut self) -> anyhow::Result<Report> {
        if let Some((first, _)) = self.broken.first() {
            let faults = self
                .broken
                .iter()
                .map(|(number, fault)| format!("line {number}: {fault}"));
            let faults = faults.collect::<Vec<_>>().join("\n");
            bail!("{faults}\nthe lines before line {first} are stored, the lines after it are not");
        }
        self.flush().await?;
        let backup = self.backup.as_ref().context("there is nothing to import")?;
        for (context, stream) in &self.streams {
            let (commits, position) = (
                backup.of(*context).map_or(0, |of| of.commits),
                stream.restoration.position(),
            );
            ensure!(
                position == commits,
                "the backup is truncated: it ends at commit {position} of {commits} of stream {context}; these are stored"
            );
        }
        reactors::resume_all(self.journal).await?;
        self.is_partial = false;
        Ok(mem::take(&mut self.report))
    }

    /// Checks that the log is empty or holds commits of this backup, before anything is stored.
    async fn begin(&mut self, backup: Backup) -> anyhow::Result<()> {
        for context in Context::ALL {
            let restoration = self.journal.restore(context).await?;
            if restoration.found() > 0 {
                let present = self.journal.follow(context, 0).next_commits(1).await?;
                let backed_up = backup.of(context).and_then(|stream| stream.first_id);
                ensure!(
                    present.first().map(|commit| commit.id) == backed_up,
                    "stream {context} holds commits of another log; the log must be empty, or hold a part of this backup"
                );
            }
            self.report.streams.insert(context.name(), Count::default());
            self.streams.insert(
                context,
                Stream {
                    restoration,
                    waiting: Vec::new(),
                    lines: Vec::new(),
                    waiting_bytes: 0,
                },
            );
        }
        let is_whole = |(context, stream): (&Context, &Stream)| {
            backup
                .of(*context)
                .is_none_or(|of| of.commits <= stream.restoration.found())
        };
        if !self.streams.iter().all(is_whole) {
            // They would act on an incomplete log, and their commits would take the positions of commits in the backup.
            reactors::pause_all(self.journal).await?;
            self.is_partial = true;
        }
        self.backup = Some(backup);
        self.tell();
        Ok(())
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        self.store_keys().await?;
        for context in Context::ALL {
            self.store_commits(context).await?;
        }
        Ok(())
    }

    async fn store_keys(&mut self) -> anyhow::Result<()> {
        let (lines, keys): (Vec<_>, Vec<_>) = self.keys.drain(..).unzip();
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return Ok(());
        };
        let restored = self.journal.restore_keys(&keys).await;
        for fate in restored.with_context(|| format!("lines {first} to {last} (keys)"))? {
            match fate {
                KeyRestored::Stored => self.report.keys.stored += 1,
                KeyRestored::AlreadyThere => self.report.keys.already_there += 1,
            }
        }
        Ok(())
    }

    async fn store_commits(&mut self, context: Context) -> anyhow::Result<()> {
        let Some(stream) = self
            .streams
            .get_mut(&context)
            .filter(|stream| !stream.waiting.is_empty())
        else {
            return Ok(());
        };
        let lines = mem::take(&mut stream.lines);
        let commits = mem::take(&mut stream.waiting);
        stream.waiting_bytes = 0;
        let positions: Vec<_> = commits.iter().map(|commit| commit.position).collect();
        let Restored { stored, already_there } = stream.restoration.take(commits).await.map_err(|error| {
            let index = positions.iter().position(|position| *position == error.position);
            let line = index.and_then(|index| lines.get(index)).copied().unwrap_or_default();
            anyhow::Error::new(error).context(format!("line {line}"))
        })?;
        let count = self.report.streams.entry(context.name()).or_default();
        count.stored += stored;
        count.already_there += already_there;
        self.tell();
        Ok(())
    }

    fn tell(&self) {
        let all = self
            .backup
            .iter()
            .flat_map(|backup| &backup.streams)
            .map(|stream| stream.commits);
        let done = self.streams.values().map(|stream| stream.restoration.position());
        (self.progress)(all.sum(), done.sum());
    }
}
