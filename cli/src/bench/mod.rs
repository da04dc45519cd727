//! `anamnesis bench`: runs the benchmarks of the crate `bench`.

mod args;

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
pub(crate) use args::Bench;
use args::{Append, Commands, Rebuild, Visible, What};
use bench::{Programs, Progress, Report, append, commands, rebuild, run_cell, visible};
use platform::{Shutdown, config::SecretUrl};

use crate::{common::Common, console};

/// Where cargo puts the peers' programs, relative to the root of the repository.
const BUILT_PEERS: &str = "bench/peers/target/release/peers";
const BUILT_CRUD: &str = "bench/peers/target/release/crud";
/// The folder of the Python peer, and the interpreter of its environment within it.
const EVENTSOURCING: &str = "bench/peers/eventsourcing";
const PYTHON: &str = "venv/bin/python";

pub(crate) fn run(common: &Common, bench: Bench) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    match bench.what {
        What::Append(append) => runtime.block_on(run_append(common, append)),
        What::Commands(commands) => runtime.block_on(run_commands(common, commands)),
        What::Visible(visible) => runtime.block_on(run_visible(common, visible)),
        What::Rebuild(rebuild) => runtime.block_on(run_rebuild(common, rebuild)),
        What::Part => runtime.block_on(measure_part()),
        What::Cell => runtime.block_on(measure_cell()),
    }
}

async fn run_append(common: &Common, append: Append) -> anyhow::Result<ExitCode> {
    warn_of_a_debug_build();
    let programs = Programs {
        peers: find_program(append.peers, BUILT_PEERS)?,
        ..programs()?
    };
    let plan = append::Plan {
        clients: append.clients,
        distributions: append.distribution.into_iter().map(Into::into).collect(),
        seconds: append.seconds,
        rounds: append.rounds,
        aggregates: append.aggregates,
        event_bytes: append.event_bytes,
        count_syncs: !append.no_syncs,
        load_events: append.load_events,
        growth_events: append.growth,
        growth_commit_events: append.growth_commit,
    };
    let progress: Progress = Arc::new(console::say);
    let shutdown = Shutdown::on_signals()?;
    let report = append::run(&plan, &programs, &common.data_dir, &progress, &shutdown).await?;
    print(&report, append.json)
}

async fn run_commands(common: &Common, commands: Commands) -> anyhow::Result<ExitCode> {
    warn_of_a_debug_build();
    anyhow::ensure!(
        commands.nats.is_none() || commands.rounds == 1,
        "each round needs empty servers, so --nats needs --rounds 1"
    );
    let plan = commands::Plan {
        clients: commands.clients,
        seconds: commands.seconds,
        rounds: commands.rounds,
        patients: commands.patients,
        load_percent: commands.load_percent,
        nats: commands.nats.map(SecretUrl::new),
    };
    let programs = Programs {
        crud: find_program(commands.crud, BUILT_CRUD)?,
        ..programs()?
    };
    let progress: Progress = Arc::new(console::say);
    let shutdown = Shutdown::on_signals()?;
    let report = commands::run(&plan, &programs, &common.data_dir, &progress, &shutdown).await?;
    print(&report, commands.json)
}

async fn run_visible(common: &Common, visible: Visible) -> anyhow::Result<ExitCode> {
    warn_of_a_debug_build();
    let plan = visible::Plan {
        clients: visible.clients,
        rate: visible.rate,
        sample: visible.sample,
        seconds: visible.seconds,
        rounds: visible.rounds,
        patients: visible.patients,
        events: visible.events,
        rebuild_rate: visible.rebuild_rate,
        query_rate: visible.query_rate,
        rebuild_seconds: visible.rebuild_seconds,
    };
    let progress: Progress = Arc::new(console::say);
    let shutdown = Shutdown::on_signals()?;
    let report = visible::run(&plan, &programs()?, &common.data_dir, &progress, &shutdown).await?;
    print(&report, visible.json)
}

async fn run_rebuild(common: &Common, options: Rebuild) -> anyhow::Result<ExitCode> {
    warn_of_a_debug_build();
    let plan = rebuild::Plan {
        events: options.events,
        workers: usize::from(options.workers),
        rounds: options.rounds,
        sizes: options.sizes,
        peer_events: options.peer_events,
    };
    let programs = Programs {
        peers: find_program(options.peers, BUILT_PEERS)?,
        eventsourcing: find_eventsourcing(options.eventsourcing)?,
        ..programs()?
    };
    let progress: Progress = Arc::new(console::say);
    let shutdown = Shutdown::on_signals()?;
    let report = rebuild::run(&plan, &programs, &common.data_dir, &progress, &shutdown).await?;
    print(&report, options.json)
}

fn warn_of_a_debug_build() {
    if cfg!(debug_assertions) {
        console::say("warning: this is a debug build, so the figures mean nothing; use `cargo run --release`");
    }
}

/// This program without any peers.
fn programs() -> anyhow::Result<Programs> {
    Ok(Programs {
        own: (std::env::current_exe()?, vec!["bench", "cell"]),
        peers: None,
        crud: None,
        eventsourcing: None,
    })
}

fn print(report: &Report, json: bool) -> anyhow::Result<ExitCode> {
    console::print(&if json {
        serde_json::to_string(report)?
    } else {
        report.to_string()
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Finds a peers' program: the named one, or else the built one. Returns `None` for `none` and if none was built.
fn find_program(named: Option<PathBuf>, built: &str) -> anyhow::Result<Option<PathBuf>> {
    match named {
        Some(named) if named == Path::new("none") => Ok(None),
        Some(named) => {
            let found = named.canonicalize();
            found
                .map(Some)
                .with_context(|| format!("cannot find the peers' program {}", named.display()))
        }
        None => Ok(Path::new(built).canonicalize().ok()),
    }
}

/// Finds the folder of the Python peer: the named one, or else the one in the checkout. Returns `None` for `none` and if
/// the folder has no Python environment.
fn find_eventsourcing(named: Option<PathBuf>) -> anyhow::Result<Option<PathBuf>> {
    match named {
        Some(named) if named == Path::new("none") => Ok(None),
        Some(named) => {
            let folder = named.canonicalize();
            let folder = folder.with_context(|| format!("cannot find the folder {}", named.display()))?;
            let python = folder.join(PYTHON);
            anyhow::ensure!(
                python.exists(),
                "{} does not exist; docs/benchmarks.md explains how to create the environment",
                python.display()
            );
            Ok(Some(folder))
        }
        None => {
            let folder = Path::new(EVENTSOURCING).canonicalize().ok();
            Ok(folder.filter(|folder| folder.join(PYTHON).exists()))
        }
    }
}

async fn measure_cell() -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let cell = serde_json::from_str(&text).context("standard input is not a cell")?;
    let measured = run_cell(&cell).await?;
    console::print(&serde_json::to_string(&measured)?)?;
    Ok(ExitCode::SUCCESS)
}

async fn measure_part() -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let part = serde_json::from_str(&text).context("standard input is not a part")?;
    let measured = rebuild::run_part(&part).await?;
    console::print(&serde_json::to_string(&measured)?)?;
    Ok(ExitCode::SUCCESS)
}
