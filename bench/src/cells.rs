//! Runs cells: each in its own process, and in that process against the system.

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

/// The time that a cell may take in addition to its measurement: to connect, to create its aggregates and to exit.
const GRACE: Duration = Duration::from_secs(180);

/// The programs that run cells. Each reads a cell as one line of JSON from its standard input, and prints the
/// measurement as another.
#[derive(Clone, Debug)]
pub struct Programs {
    /// This program, and the arguments that make it run a cell.
    pub own: (PathBuf, Vec<&'static str>),
    /// The program of the peers, if it has been built.
    pub peers: Option<PathBuf>,
    /// The plain service, if it has been built.
    pub crud: Option<PathBuf>,
    /// The folder of the Python peer, if its environment exists.
    pub eventsourcing: Option<PathBuf>,
}

impl Programs {
    /// Runs a cell in a separate process.
    pub(crate) async fn run(&self, cell: &Cell) -> anyhow::Result<Measured> {
        let (program, arguments) = match (cell.system, &self.peers) {
            (System::Umadb | System::PostgresEs, Some(peers)) => (peers.as_path(), ["append"].as_slice()),
            (System::Umadb | System::PostgresEs, None) => anyhow::bail!("the peers are not built"),
            (_, _) => (self.own.0.as_path(), self.own.1.as_slice()),
        };
        let limit = Duration::from_secs_f64(cell.warm_up_seconds + cell.seconds) + GRACE;
        timeout(limit, run(program, arguments, cell))
            .await
            .with_context(|| format!("no answer after {} s", limit.as_secs()))?
            .with_context(|| format!("{cell:?}"))
    }

    /// Runs a part of a benchmark in a separate process, through the hidden command of this name.
    pub(crate) async fn run_own<T: DeserializeOwned>(
        &self,
        command: &'static str,
        part: &(impl Serialize + std::fmt::Debug),
        limit: Duration,
    ) -> anyhow::Result<T> {
        run_part(&self.own.0, &["bench", command], part, limit).await
    }
}

/// Runs a part of a benchmark in a separate process.
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
        .with_context(|| format!("cannot start {}", program.display()))?;
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
/// The server is not usable, or this program does not contain the system.
pub async fn run_cell(cell: &Cell) -> anyhow::Result<Measured> {
    let measured = match cell.system {
        System::Anamnesis => drive(append::Contestant::connect(cell).await?, cell).await,
        System::Load => drive(append::Loads::connect(cell).await?, cell).await,
        System::Jetstream => drive(bare::Plain::connect(cell).await?, cell).await,
        System::Bare => drive(bare::Publisher::connect(cell).await?, cell).await,
        System::Packed => drive(bare::Packed::connect(cell).await?, cell).await,
        System::Umadb | System::PostgresEs => anyhow::bail!("only the peers' program contains {}", cell.system.name()),
    };
    measured.map_err(anyhow::Error::msg)
}
