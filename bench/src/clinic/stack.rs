//! The program under test: `anamnesis up` in a process of its own, with servers and data of its own.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use event_store::Inspector;
use journal::Context;
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{append::store_options, servers::until_stopped};

/// How long it may take to start, servers that must be fetched first among it, and to stop.
const PATIENCE: Duration = Duration::from_secs(180);
const LOG: &str = "up.log";

/// A running program.
#[derive(Debug)]
pub(crate) struct Stack {
    process: Child,
    program: PathBuf,
    folder: PathBuf,
    urls: Urls,
}

#[derive(Deserialize)]
struct Urls {
    http: String,
    /// It holds a password.
    nats: String,
}

impl std::fmt::Debug for Urls {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Urls").field("http", &self.http).finish_non_exhaustive()
    }
}

impl Stack {
    /// Runs the program in a folder that is not there yet, for a piece of work. Both are gone afterwards, whether it was
    /// done or this process was told to stop.
    pub(crate) async fn during<T>(
        program: &Path,
        folder: PathBuf,
        shutdown: &platform::Shutdown,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let stack = Self::start(program, folder).await?;
        let done = until_stopped(shutdown, work(&stack)).await;
        stack.stop().await?;
        done
    }

    async fn start(program: &Path, folder: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir(&folder)?;
        let mut process = command(program, &folder)
            .args([
                "up",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--grpc-listen",
                "127.0.0.1:0",
            ])
            // What they store would be counted as the commands'.
            .env("ANAMNESIS_REACTORS__ENABLED", "false")
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join(LOG))?)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let output = process.stdout.take().context("the program's output")?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(PATIENCE, lines.next_line())
            .await
            .context("the program does not get ready")??;
        let log = || std::fs::read_to_string(folder.join(LOG)).unwrap_or_default();
        let line = line.with_context(|| format!("the program has ended before it was ready: {}", log().trim_end()))?;
        let urls = serde_json::from_str(&line).context("what the program says when it is ready")?;
        Ok(Self {
            process,
            program: program.to_owned(),
            folder,
            urls,
        })
    }

    /// Where it serves.
    pub(crate) fn url(&self) -> &str {
        &self.urls.http
    }

    /// The same program in another process, which finds this one's servers.
    pub(crate) fn command(&self) -> Command {
        command(&self.program, &self.folder)
    }

    /// How many events its log holds.
    pub(crate) async fn events(&self) -> anyhow::Result<u64> {
        let inspector = Inspector::connect(store_options(&self.urls.nats)?).await?;
        let mut events = 0;
        for context in Context::ALL {
            let report = inspector.stream(context.definition()).await?;
            events += report.map_or(0, |report| report.events);
        }
        Ok(events)
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.process.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.context("the program has ended by itself")?, Signal::TERM)?;
        timeout(PATIENCE, self.process.wait())
            .await
            .context("the program does not stop")??;
        tokio::fs::remove_dir_all(&self.folder).await?;
        Ok(())
    }
}

/// The program on the data in a folder, with the servers that it starts itself, whatever this process was told.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--data-dir")
        .arg(folder.join("data"))
        .env_remove("ANAMNESIS_CONFIG")
        .envs([("ANAMNESIS_NATS__URL", ""), ("ANAMNESIS_POSTGRES__URL", "")])
        // Ctrl-C is for this process, which stops that one in good order.
        .process_group(0)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
