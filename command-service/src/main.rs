//! The command service as a process of its own, against a given NATS.

use std::process::ExitCode;

use command_service::{commands::Commands, http};
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
    let metrics = Metrics::install()?;
    let journal = process::patiently("NATS", &shutdown, async || Journal::open(&settings).await).await?;
    let listener = bind("http.listen", settings.http.listen, false).await?;
    let health = journal.health(Health::new()).shutdown(shutdown.clone());
    let commands = Commands::new(journal, Clock::system(), &settings.commands)?;
    let app = surface(
        http::router().with_state(commands),
        http::problems::ALL.to_vec(),
        health,
        &metrics,
    );
    tracing::info!(address = %listener.local_addr()?, "serving commands");
    serve(listener, app, (&settings.http).into(), shutdown).await;
    Ok(())
}
