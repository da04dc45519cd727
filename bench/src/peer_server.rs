//! A server or service of a compared system, in a separate process. It exits when its standard input ends, and so
//! together with this process.

use std::{process::Stdio, time::Duration};

use anyhow::Context as _;
use bench_driver::{ServiceReady, ServiceStart};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, Command},
    time::timeout,
};

/// The time it may take to get ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
#[derive(Debug)]
pub(crate) struct PeerServer {
    process: Child,
    /// Held open, because the server exits when it is closed.
    _input: ChildStdin,
    url: String,
}

impl PeerServer {
    /// Starts a server, sends it its settings, and waits for its URL.
    pub(crate) async fn start(name: &str, mut command: Command, told: Option<&ServiceStart>) -> anyhow::Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", command.as_std().get_program().display()))?;
        let mut input = process.stdin.take().with_context(|| format!("{name}'s input"))?;
        if let Some(told) = told {
            input
                .write_all(format!("{}\n", serde_json::to_string(told)?).as_bytes())
                .await?;
        }
        let output = process.stdout.take().with_context(|| format!("{name}'s output"))?;
        let mut lines = BufReader::new(output).lines();
        // A server may print other lines before the one line of JSON.
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Ok(ServiceReady { url }) = serde_json::from_str(&line) {
                    return Ok(url);
                }
            }
            anyhow::bail!("{name} exited before it was ready")
        };
        let url = timeout(PATIENCE, ready)
            .await
            .with_context(|| format!("{name} did not get ready in time"))??;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self {
            process,
            _input: input,
            url,
        })
    }

    /// The URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The process id.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        Ok(())
    }
}
