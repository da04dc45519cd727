//! Runs a cell: in a process of its own when a benchmark asks for it, and, in that process, against the system itself.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use bench_driver::{Cell, Measured, System, drive};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{io::AsyncWriteExt as _, process::Command, time::timeout};

use crate::{append, bare};

/// How much longer than its measurement a cell may take, to connect, to make its aggregates and to end.
const GRACE: Duration = Duration::from_secs(180);

/// The programs that run cells. Each reads a cell as one line of JSON from its standard input, and prints what it
/// measured as another.
#[derive(Clone, Debug)]
pub struct Programs {
    /// This one, and the arguments that make it run a cell.
    pub own: (PathBuf, Vec<&'static str>),
    /// The one that carries the peers, if it has been built.
    pub peers: Option<PathBuf>,
    /// The plain service, if it has been built.
    pub crud: Option<PathBuf>,
    /// The folder of the peer that is written in Python, if its environment has been made.
    pub eventsourcing: Option<PathBuf>,
}

impl Programs {
    /// Runs a cell in a process of its own.
    pub(crate) async fn run(&self, cell: &Cell) -> anyhow::Result<Measured> {
        let (program, arguments) = match (cell.system, &self.peers) {
            (System::Umadb | System::PostgresEs, Some(peers)) => (peers.as_path(), ["append"].as_slice()),
            (System::Umadb | System::PostgresEs, None) => anyhow::bail!("the peers have not been built"),
            (_, _) => (self.own.0.as_path(), self.own.1.as_slice()),
        };
        let limit = Duration::from_secs_f64(cell.warm_up_seconds + cell.seconds) + GRACE;
        timeout(limit, run(program, arguments, cell))
            .await
            .with_context(|| format!("no answer after {} s", limit.as_secs()))?
            .with_context(|| format!("{cell:?}"))
    }

    /// Runs a part of a benchmark in a process of its own, by this program's command of that name.
    pub(crate) async fn run_own<T: DeserializeOwned>(
        &self,
        command: &'static str,
        part: &(impl Serialize + std::fmt::Debug),
        limit: Duration,
    ) -> anyhow::Result<T> {
        run_part(&self.own.0, &["bench", command], part, limit).await
    }
}

/// Runs a part of a benchmark in a process of its own.
pub(crate) async fn run_part<T: DeserializeOwned>(
    program: &Path,
    arguments: &[impl AsRef<OsStr>],
    part: &(impl Serialize + std::fmt::Debug),
    limit: Duration,
) -> anyhow::Result<T> {
    timeout(limit, run(program, arguments, part))
        .await
        .with_context(|| format!("no answer after {} s", limit.as_secs()))?
        .with_context(|| format!("{part:?}"))
}

async fn run<T: DeserializeOwned>(
    program: &Path,
    arguments: &[impl AsRef<OsStr>],
    cell: &impl Serialize,
) -> anyhow::Result<T> {
    let mut process = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let mut input = process.stdin.take().context("the standard input of a cell")?;
    input.write_all(&serde_json::to_vec(cell)?).await?;
    drop(input);
    let output = process.wait_with_output().await?;
    anyhow::ensure!(
        output.status.success(),
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    serde_json::from_slice(&output.stdout).context("a cell's measurement")
}

/// Runs a cell in this process.
///
/// # Errors
/// The server cannot be used, or the system is one that this program does not carry.
pub async fn run_cell(cell: &Cell) -> anyhow::Result<Measured> {
    let measured = match cell.system {
        System::Anamnesis => drive(append::Contestant::connect(cell).await?, cell).await,
        System::Load => drive(append::Loads::connect(cell).await?, cell).await,
        System::Jetstream => drive(bare::Plain::connect(cell).await?, cell).await,
        System::Bare => drive(bare::Publisher::connect(cell).await?, cell).await,
        System::Packed => drive(bare::Packed::connect(cell).await?, cell).await,
        System::Umadb | System::PostgresEs => anyhow::bail!("{} runs in the peers' program", cell.system.name()),
    };
    measured.map_err(anyhow::Error::msg)
}
