//! `anamnesis up`: runs the whole system in one process, with the servers it needs.

mod args;
mod greeting;
mod journey;
mod sign_ins;

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use commands::Commands;
use domain::values::TimeZone;
use http_edge::Ports;
use platform::{Clock, Shutdown, telemetry};
use settings::Settings;

pub(crate) use self::args::Up;
use self::{greeting::Ready, journey::Journey};
use crate::{
    backend::{Backend, Need},
    common::Common,
    config, console,
    import::{self, Importer, Report, Source},
    stack::Stack,
};

pub(crate) fn run(common: &Common, up: &Up) -> anyhow::Result<ExitCode> {
    let mut loader = config::loader(common);
    if let Some(listen) = up.listen {
        loader = loader.flag("--listen", "http.listen", listen.to_string());
    }
    if let Some(listen) = up.grpc_listen {
        loader = loader.flag("--grpc-listen", "grpc.listen", listen.to_string());
    }
    let settings: Settings = loader.load()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, "anamnesis")?;
        let shutdown = Shutdown::on_signals()?;
        // Bind the ports first: if one is taken, nothing else needs to start.
        let ports = Ports::open("--listen", &settings.http, &settings.tls, false).await?;
        let backend = tokio::select! {
            backend = Backend::find(&settings, &common.data_dir, Need::Everything) => backend?,
            () = shutdown.cancelled() => return Ok(ExitCode::SUCCESS),
        };
        let served = serve_on(&backend, ports, settings, common, up, &shutdown).await;
        shutdown.trigger();
        backend.stop().await?;
        served.map(|()| ExitCode::SUCCESS)
    })
}

async fn serve_on(
    backend: &Backend,
    ports: Ports,
    settings: Settings,
    common: &Common,
    up: &Up,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let mut settings = backend.settings_for_commands(settings, &common.data_dir)?;
    if up.demo {
        // A person who tries the demo clinic has no authenticator app at hand.
        settings.auth.second_factor_roles.clear();
    }
    let stack = Stack::start(&settings, Clock::system(), ports, shutdown).await?;
    let ready = Ready::new(&settings, &stack);
    backend.publish_http_url(&ready.http)?;
    let journey = if up.demo {
        Some(import_demo(stack.commands(), &common.data_dir, &ready).await?)
    } else {
        None
    };
    ready.wait_until_ready(&stack.health(), shutdown).await;
    if !shutdown.is_cancelled() {
        let sign_ins = sign_ins::made(stack.auth(), &settings, journey.as_ref()).await?;
        console::print(&if up.json {
            ready.json(sign_ins)?
        } else {
            ready.greeting(journey.as_ref(), &sign_ins)
        })?;
    }
    let failed = tokio::select! {
        () = shutdown.cancelled() => None,
        failure = backend.failed() => Some(failure),
    };
    shutdown.trigger();
    stack.stopped().await?;
    failed.map_or(Ok(()), Err)
}

/// Imports the demo clinic. This changes nothing if it was imported before.
async fn import_demo(commands: &Commands, data_dir: &Path, ready: &Ready) -> anyhow::Result<Journey> {
    let source = Source::demo();
    let bar = console::progress("importing the demo clinic", 0);
    let zone = TimeZone::parse("America/New_York").context("the demo clinic's time zone")?;
    let report = Report::create(&import::default_report(data_dir))?;
    let report = Importer::new(commands.clone(), zone, false)
        .run(&source, report, &bar)
        .await?;
    bar.finish_and_clear();
    Ok(Journey::new(&report, &ready.http, commands.clock().now()))
}
