//! The program under test: `anamnesis up` in a separate process, with its own servers and data.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use event_store::EventStore;
use journal::Context;
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::Mutex,
    time::timeout,
};

use crate::{append::store_options, servers::until_stopped};

/// The time it may take to start, including the download of servers, and to stop.
const PATIENCE: Duration = Duration::from_secs(180);
const LOG: &str = "up.log";
/// The data directory of the program.
const DATA: &str = "data";
/// A pepper and a master key for all processes of the program. Nothing that they protect outlives the benchmark.
const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// The appointments of a benchmark lie ahead, so patients may arrive and be seen up to a hundred years early.
const EARLY_MINUTES: &str = "52560000";
/// The number of events that are read at a time to count them.
const COUNTED_AT_ONCE: usize = 1_000;

/// A running program.
#[derive(Debug)]
pub(crate) struct Stack {
    process: Child,
    program: PathBuf,
    folder: PathBuf,
    urls: Urls,
    /// The counted position and events of each stream.
    counted: Mutex<[Counted; Context::ALL.len()]>,
}

/// The number of events in a stream up to a position.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    position: u64,
    events: u64,
}

#[derive(Deserialize)]
struct Urls {
    http: String,
    /// This URL and the next one contain passwords.
    nats: String,
    postgres: String,
}

impl std::fmt::Debug for Urls {
    /// Leaves out the passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Urls").field("http", &self.http).finish_non_exhaustive()
    }
}

impl Stack {
    /// Runs the program in a new folder, for some work. Both are removed afterwards, even if this process is told to
    /// stop. The program uses the named NATS servers, or its own one.
    pub(crate) async fn during<T>(
        program: &Path,
        folder: PathBuf,
        nats: Option<&str>,
        shutdown: &platform::Shutdown,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        std::fs::create_dir(&folder)?;
        let mut command = command(program, &folder);
        command.env("ANAMNESIS_NATS__URL", nats.unwrap_or_default());
        Self::start(program, folder, command)
            .await?
            .until_done(shutdown, work)
            .await
    }

    /// As [`Stack::during`], with a second process of the program that uses the same servers.
    pub(crate) async fn with_another_during<T>(
        &self,
        folder: PathBuf,
        shutdown: &platform::Shutdown,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        std::fs::create_dir(&folder)?;
        let mut command = command(&self.program, &folder);
        command.envs([
            ("ANAMNESIS_NATS__URL", &self.urls.nats),
            ("ANAMNESIS_POSTGRES__URL", &self.urls.postgres),
        ]);
        let other = Self::start(&self.program, folder, command).await?;
        other.until_done(shutdown, work).await
    }

    async fn until_done<T>(
        self,
        shutdown: &platform::Shutdown,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let done = until_stopped(shutdown, work(&self)).await;
        self.stop().await?;
        done
    }

    async fn start(program: &Path, folder: PathBuf, mut command: Command) -> anyhow::Result<Self> {
        let mut process = command
            .args([
                "up",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--grpc-listen",
                "127.0.0.1:0",
            ])
            // Their events would be counted as those of the commands.
            .env("ANAMNESIS_REACTORS__ENABLED", "false")
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join(LOG))?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = process.stdout.take().context("the program's output")?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(PATIENCE, lines.next_line())
            .await
            .context("the program did not get ready in time")??;
        let log = || std::fs::read_to_string(folder.join(LOG)).unwrap_or_default();
        let line = line.with_context(|| format!("the program exited before it was ready: {}", log().trim_end()))?;
        let urls = serde_json::from_str(&line).context("cannot parse the output of the program")?;
        Ok(Self {
            process,
            program: program.to_owned(),
            folder,
            urls,
            counted: Mutex::default(),
        })
    }

    /// The HTTP URL.
    pub(crate) fn url(&self) -> &str {
        &self.urls.http
    }

    /// The URL of its Postgres. It contains a password.
    pub(crate) fn postgres_url(&self) -> &str {
        &self.urls.postgres
    }

    /// The same program in another process, which uses the servers of this one.
    pub(crate) fn command(&self) -> Command {
        command(&self.program, &self.folder)
    }

    /// The number of events in its log. Events that were counted before are not read again.
    pub(crate) async fn events(&self) -> anyhow::Result<u64> {
        let definitions = Context::ALL.map(Context::definition);
        let store = EventStore::connect(store_options(&self.urls.nats)?, &definitions).await?;
        let mut counted = self.counted.lock().await;
        for (stream, counted) in definitions.into_iter().zip(counted.iter_mut()) {
            let end = store.status(stream).await?.last_position;
            let mut reading = store.subscribe(stream, counted.position);
            while reading.position() < end {
                reading.next_commits(COUNTED_AT_ONCE).await?;
            }
            counted.position = reading.position();
            counted.events += reading.events_read();
        }
        Ok(counted.iter().map(|stream| stream.events).sum())
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.process.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.context("the program exited by itself")?, Signal::TERM)?;
        timeout(PATIENCE, self.process.wait())
            .await
            .context("the program did not stop in time")??;
        tokio::fs::remove_dir_all(&self.folder).await?;
        Ok(())
    }
}

/// The program on the data in a folder, with its own embedded servers, regardless of the environment of this process.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--data-dir")
        .arg(folder.join(DATA))
        .env_remove("ANAMNESIS_CONFIG")
        .envs([
            ("ANAMNESIS_NATS__URL", ""),
            ("ANAMNESIS_POSTGRES__URL", ""),
            ("ANAMNESIS_COMMANDS__EMAIL_PEPPER", SECRET),
            ("ANAMNESIS_SEALING__MASTER_KEYS", SECRET),
            ("ANAMNESIS_COMMANDS__EARLY_ARRIVAL_MINUTES", EARLY_MINUTES),
            ("ANAMNESIS_COMMANDS__EARLY_FULFILMENT_MINUTES", EARLY_MINUTES),
        ])
        // Ctrl-C goes to this process only, which then stops the program properly.
        .process_group(0)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
