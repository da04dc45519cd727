//! Stores what a backup holds: batch by batch, each stream in its order, and only into a log that is empty or its own.

use std::{collections::BTreeMap, mem};

use anyhow::{Context as _, bail, ensure};
use journal::{Commit, Context, Journal, KeptKey, KeyRestored, Restoration, Restored};
use serde::Serialize;

use super::lines::Numbered;
use crate::{
    ndjson::{Backup, Line},
    reactors,
};

/// How many commits, and how many bytes of them, are stored together.
const BATCH_COMMITS: usize = 16;
const BATCH_BYTES: usize = 4 << 20;
/// How many keys are stored side by side.
const BATCH_KEYS: usize = 64;
/// How many broken lines are told of.
const MAX_BROKEN: usize = 20;

/// What became of a backup.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// Of the commits, by stream.
    pub(super) streams: BTreeMap<&'static str, Count>,
    /// Of the keys.
    pub(super) keys: Count,
}

/// How many there were.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Count {
    pub(super) stored: u64,
    pub(super) already_there: u64,
}

/// Stores a backup.
#[derive(Debug)]
pub(super) struct Restorer<'a, P> {
    journal: &'a Journal,
    /// Hears how many commits there are in all, and how many have been dealt with.
    progress: P,
    backup: Option<Backup>,
    streams: BTreeMap<Context, Stream>,
    keys: Vec<(u64, KeptKey)>,
    broken: Vec<(u64, String)>,
    is_partial: bool,
    report: Report,
}

/// A stream that is being restored.
#[derive(Debug)]
struct Stream {
    restoration: Restoration,
    waiting: Vec<Commit>,
    /// The lines that they stand in.
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

    /// Whether the log is a part of the backup, so that the reactors are paused.
    pub(super) const fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Takes the next line. From the first broken one on nothing more is stored; what else is broken is only collected.
    ///
    /// # Errors
    /// The line does not fit the log, or could not be stored.
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
            (Line::Backup(_), Some(_)) => bail!("line {number}: another backup begins here"),
            (_, None) => bail!(
                "line {number}: this is no backup, which begins with a line about itself; make one with `anamnesis \
                 replay --sealed`"
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
        // A follower of the log meets no commit whose key is still missing.
        self.store_keys().await?;
        let home = self
            .streams
            .iter_mut()
            .find(|(context, _)| context.definition() == commit.stream);
        let (context, stream) = home.context("the commit's stream is not open")?;
        stream.waiting_bytes += commit.body().len();
        stream.waiting.push(commit);
        stream.lines.push(number);
        if stream.waiting.len() < BATCH_COMMITS && stream.waiting_bytes < BATCH_BYTES {
            return Ok(());
        }
        let context = *context;
        self.store_commits(context).await
    }

    /// Stores what waits, checks that the backup was whole, and tells what became of it.
    ///
    /// # Errors
    /// A line was broken, the backup is cut off, or something could not be stored.
    pub(super) async fn finish(&mut self) -> anyhow::Result<Report> {
        if let Some((first, _)) = self.broken.first() {
            let faults = self
                .broken
                .iter()
                .map(|(number, fault)| format!("line {number}: {fault}"));
            let faults = faults.collect::<Vec<_>>().join("\n");
            bail!("{faults}\nwhat stands before line {first} is stored, and nothing after it");
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
                "the backup is cut off: it ends at commit {position} of {commits} of stream {context}; those are stored"
            );
        }
        reactors::resume_all(self.journal).await?;
        self.is_partial = false;
        Ok(mem::take(&mut self.report))
    }

    /// Checks that the log is empty, or the one that the backup was made of, before anything is stored.
    async fn begin(&mut self, backup: Backup) -> anyhow::Result<()> {
        for context in Context::ALL {
            let restoration = self.journal.restore(context).await?;
            if restoration.found() > 0 {
                let present = self.journal.follow(context, 0).next_commits(1).await?;
                let backed_up = backup.of(context).and_then(|stream| stream.first_id);
                ensure!(
                    present.first().map(|commit| commit.id) == backed_up,
                    "stream {context} holds commits of another log; a backup can be restored into an empty log only, or \
                     into one that it was restored into before"
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
            // They would act on half of a log, and what they add would lie where a commit of the backup belongs.
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
        for fate in restored.with_context(|| format!("lines {first} to {last}, of keys"))? {
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
