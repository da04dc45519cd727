//! `anamnesis up`: command, projection and query services in one process, on one port, with the servers they need.

mod greeting;
mod journey;

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use command_service::commands::Commands;
use domain::values::TimeZone;
use journal::Journal;
use platform::{
    Clock, Health, Settings, Shutdown,
    config::Secret,
    http::{bind, serve, surface},
    metrics::Metrics,
    process, telemetry,
};
use projection_service::Projections;
use query_service::Queries;
use read_models::PgPool;
use tokio::net::TcpListener;

use self::{greeting::Ready, journey::Journey};
use crate::{
    args::{Common, Up},
    backend::{Backend, Need},
    config, console,
    import::{self, Importer, Source},
};

pub(crate) fn run(common: &Common, up: Up) -> anyhow::Result<ExitCode> {
    let mut loader = config::loader(common);
    if let Some(listen) = up.listen {
        loader = loader.flag("--listen", "http.listen", listen.to_string());
    }
    let settings = loader.load()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = telemetry::init(&settings.telemetry, "anamnesis")?;
        let shutdown = Shutdown::on_signals()?;
        // The port comes first: when it is taken, nothing else needs to be started.
        let listener = bind("--listen", settings.http.listen, false).await?;
        let backend = tokio::select! {
            backend = Backend::find(&settings, &common.data_dir, Need::Everything) => backend?,
            () = shutdown.cancelled() => return Ok(ExitCode::SUCCESS),
        };
        let served = serve_on(&backend, listener, settings, common, &up, &shutdown).await;
        shutdown.trigger();
        backend.stop().await?;
        served.map(|()| ExitCode::SUCCESS)
    })
}

async fn serve_on(
    backend: &Backend,
    listener: TcpListener,
    mut settings: Settings,
    common: &Common,
    up: &Up,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    settings.commands.email_pepper = Secret::new(backend.email_pepper(&settings, &common.data_dir)?);
    let (journal, pool) = open(backend, &settings, shutdown).await?;
    let metrics = Metrics::install()?;
    let health = journal
        .health(read_models::health(&pool, Health::new()))
        .shutdown(shutdown.clone());
    let projections = Projections::start(&journal, &pool, &settings.projections, health, shutdown);
    let commands = Commands::new(journal, Clock::system(), &settings.commands);
    let queries = Queries::new(pool, settings.queries.max_wait_ms);
    let api = command_service::http::router(commands.clone()).merge(query_service::http::router(queries));
    let pages = [
        command_service::http::problems::PAGES,
        query_service::http::problems::PAGES,
    ]
    .concat();
    let app = surface(api, pages, projections.health(), &metrics);
    let ready = Ready::new(backend, &listener.local_addr()?);
    let serving = tokio::spawn(serve(listener, app, (&settings.http).into(), shutdown.clone()));
    backend.publish_http_url(&ready.http)?;
    let journey = if up.demo {
        Some(import_demo(&commands, &common.data_dir, &ready).await?)
    } else {
        None
    };
    ready.wait_until_ready(&projections.health(), shutdown).await;
    if !shutdown.is_cancelled() {
        console::print(&if up.json {
            ready.json()?
        } else {
            ready.greeting(journey.as_ref())
        })?;
    }
    let failed = tokio::select! {
        () = shutdown.cancelled() => None,
        failure = backend.failed() => Some(failure),
    };
    shutdown.trigger();
    serving.await?;
    projections.stopped().await;
    failed.map_or(Ok(()), Err)
}

async fn open(backend: &Backend, settings: &Settings, shutdown: &Shutdown) -> anyhow::Result<(Journal, PgPool)> {
    let url = backend.postgres_url.as_deref().context("Postgres was not started")?;
    let pool = read_models::connect(url, &settings.postgres).context("the address of Postgres cannot be read")?;
    let (migrated, journal) = tokio::join!(
        process::patiently("Postgres", shutdown, async || read_models::migrate(&pool).await),
        process::patiently("NATS", shutdown, async || {
            Journal::open(&backend.nats_url, &settings.nats, &settings.commands).await
        }),
    );
    migrated.context("the read models cannot be prepared")?;
    Ok((journal.context("the log cannot be opened")?, pool))
}

/// Imports the clinic that the program carries, which changes nothing when it is there already.
async fn import_demo(commands: &Commands, data_dir: &Path, ready: &Ready) -> anyhow::Result<Journey> {
    let source = Source::demo();
    let bar = console::progress("importing the demo clinic", source.len() as u64);
    let zone = TimeZone::parse("America/New_York").context("the demo clinic's time zone")?;
    let report = Importer::new(commands.clone(), zone)
        .run(&source, &|| bar.inc(1))
        .await?;
    bar.finish_and_clear();
    if report.refused() > 0 {
        report.write_refused(&import::default_refusals(data_dir))?;
    }
    Ok(Journey::new(&report, &ready.http, commands.clock().now()))
}
