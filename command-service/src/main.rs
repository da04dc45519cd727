//! The command service as a separate process, connected to an existing NATS server.

use std::{process::ExitCode, time::Duration};

use command_service::{grpc, http};
use commands::Commands;
use http_edge::{Ports, Surface};
use journal::Journal;
use platform::{
    Clock, Health, Shutdown,
    metrics::Metrics,
    process::{self, Failure, WrongSetting},
};
use settings::{Required, Settings};

fn main() -> ExitCode {
    process::run(
        "command-service",
        "Accepts commands, and responds when their events are durable.",
        run,
    )
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    settings.require(&[Required::NatsUrl, Required::EmailPepper, Required::MasterKeys])?;
    let metrics = Metrics::install()?;
    let journal_settings = settings.journal();
    let journal = process::patiently("NATS", &shutdown, async || {
        Ok(Journal::open_to_decide(&journal_settings).await?)
    })
    .await?;
    let ports = Ports::open("http.listen", &settings.http, &settings.tls, false).await?;
    let grpc_listener = ports.http2("grpc.listen", settings.grpc.listen).await?;
    let health = journal.health(Health::new()).shutdown(shutdown.clone());
    let commands = Commands::new(journal, Clock::system(), &settings.commands).map_err(WrongSetting::new)?;
    let surface = Surface::new(
        http::router().with_state(commands.clone()),
        http::problems::ALL.to_vec(),
        health.clone(),
        &metrics,
    );
    tracing::info!(address = %ports.address()?, grpc = %grpc_listener.local_addr()?, "serving commands");
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
        // If one server ends, the other must end too.
        shutdown.trigger();
        served
    };
    let (_, served) = tokio::join!(
        surface.serve(ports, (&settings.http).into(), shutdown.clone()),
        over_grpc
    );
    commands.close().await;
    Ok(served?)
}
