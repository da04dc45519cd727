//! The reaction service as a separate process, connected to an existing NATS server and an existing Postgres database.

use std::process::ExitCode;

use commands::Commands;
use http_edge::{bind, serve, surface};
use journal::Journal;
use platform::{
    Clock, Health, Settings, Shutdown,
    metrics::Metrics,
    process::{self, Failure},
};
use reaction_service::Reactors;
use utoipa_axum::router::OpenApiRouter;

fn main() -> ExitCode {
    process::run("reaction-service", "Reacts to events with commands.", run)
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    if settings.nats.url.is_empty()
        || settings.postgres.url.is_empty()
        || settings.commands.email_pepper.is_empty()
        || !settings.sealing.is_configured()
    {
        return Err("nats.url, postgres.url, commands.email_pepper and sealing.master_keys must be set".into());
    }
    if !settings.reactors.enabled {
        return Err("reactors.enabled is false, and this service does nothing else".into());
    }
    let metrics = Metrics::install()?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres)?;
    let journal = process::patiently("NATS", &shutdown, async || Journal::open_to_decide(&settings).await).await?;
    let listener = bind("http.listen", settings.http.listen, false).await?;
    let health = journal
        .health(read_models::health(&pool, Health::new()))
        .shutdown(shutdown.clone());
    let commands = Commands::new(journal, Clock::system(), &settings.commands)?;
    let reactors = Reactors::new(&commands, &pool, &settings)?.start(health, &shutdown);
    let app = surface(OpenApiRouter::new(), Vec::new(), reactors.health(), &metrics);
    tracing::info!(address = %listener.local_addr()?, "reacting");
    serve(listener, app, (&settings.http).into(), shutdown).await;
    reactors.stopped().await;
    commands.close().await;
    Ok(())
}
