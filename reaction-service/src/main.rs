//! The reaction service as a separate process, connected to an existing NATS server and an existing Postgres database.

use std::process::ExitCode;

use commands::Commands;
use http_edge::{Ports, Surface};
use journal::Journal;
use platform::{
    Clock, Health, Shutdown,
    metrics::Metrics,
    process::{self, Failure, WrongSetting},
};
use reaction_service::Reactors;
use settings::{Required, Settings};
use utoipa_axum::router::OpenApiRouter;

fn main() -> ExitCode {
    process::run("reaction-service", "Reacts to events with commands.", run)
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    settings.require(&[
        Required::NatsUrl,
        Required::PostgresUrl,
        Required::EmailPepper,
        Required::MasterKeys,
    ])?;
    if !settings.reactors.enabled {
        return Err(WrongSetting::new("`reactors.enabled` is false, and this service does nothing else").into());
    }
    let metrics = Metrics::install()?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres).map_err(WrongSetting::new)?;
    let journal_settings = settings.journal();
    let journal = process::patiently("NATS", &shutdown, async || {
        Ok(Journal::open_to_decide(&journal_settings).await?)
    })
    .await?;
    let ports = Ports::open("http.listen", &settings.http, &settings.tls, false).await?;
    let health = journal
        .health(read_models::health(&pool, Health::new()))
        .shutdown(shutdown.clone());
    let commands = Commands::new(journal, Clock::system(), &settings.commands).map_err(WrongSetting::new)?;
    let reactors = Reactors::new(&commands, &pool, &settings)
        .map_err(WrongSetting::new)?
        .start(health, &shutdown);
    let surface = Surface::new(OpenApiRouter::new(), Vec::new(), reactors.health(), &metrics);
    tracing::info!(address = %ports.address()?, "reacting");
    surface.serve(ports, (&settings.http).into(), shutdown).await;
    reactors.stopped().await;
    commands.close().await;
    Ok(())
}
