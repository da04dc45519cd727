//! The command service as a process of its own, against a given NATS.

use std::{process::ExitCode, time::Duration};

use command_service::{
    commands::Commands,
    grpc, http,
    reactors::{Reactors, Running},
};
use journal::Journal;
use platform::{
    Clock, Health, Settings, Shutdown,
    http::{bind, serve, surface},
    metrics::Metrics,
    process::{self, Failure},
};

fn main() -> ExitCode {
    process::run(
        "command-service",
        "Takes commands, and answers when their events are durable.",
        run,
    )
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    if settings.nats.url.is_empty() || settings.commands.email_pepper.is_empty() || !settings.sealing.is_configured() {
        return Err("nats.url, commands.email_pepper and sealing.master_keys must be set".into());
    }
    if settings.reactors.enabled && settings.postgres.url.is_empty() {
        return Err("postgres.url must be set where reactors.enabled is true".into());
    }
    let metrics = Metrics::install()?;
    let journal = process::patiently("NATS", &shutdown, async || Journal::open_to_decide(&settings).await).await?;
    let listener = bind("http.listen", settings.http.listen, false).await?;
    let grpc_listener = bind("grpc.listen", settings.grpc.listen, false).await?;
    let health = journal.health(Health::new()).shutdown(shutdown.clone());
    let commands = Commands::new(journal, Clock::system(), &settings.commands)?;
    let reactors = match settings.reactors.enabled {
        true => Some(react(&commands, &settings, health.clone(), &shutdown)?),
        false => None,
    };
    let health = reactors.as_ref().map_or(health, Running::health);
    let app = surface(
        http::router().with_state(commands.clone()),
        http::problems::ALL.to_vec(),
        health.clone(),
        &metrics,
    );
    tracing::info!(address = %listener.local_addr()?, grpc = %grpc_listener.local_addr()?, "serving commands");
    let grace = Duration::from_millis(settings.http.shutdown_grace_ms);
    let over_grpc = async {
        let served = grpc::serve(
            grpc_listener,
            commands.clone(),
            settings.grpc,
            health,
            grace,
            shutdown.clone(),
        )
        .await;
        // Neither port is served without the other.
        shutdown.trigger();
        served
    };
    let (_, served) = tokio::join!(
        serve(listener, app, (&settings.http).into(), shutdown.clone()),
        over_grpc
    );
    if let Some(reactors) = reactors {
        reactors.stopped().await;
    }
    commands.close().await;
    Ok(served?)
}

/// Starts the reactors, which are all that needs the read models here.
fn react(commands: &Commands, settings: &Settings, health: Health, shutdown: &Shutdown) -> Result<Running, Failure> {
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres)?;
    Ok(Reactors::new(commands, &pool, settings)?.start(health, shutdown))
}
