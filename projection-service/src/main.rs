//! The projection service as a separate process, connected to an existing NATS server and an existing Postgres
//! database.

use std::process::ExitCode;

use http_edge::{Ports, Surface};
use log_reader::Reader;
use platform::{
    Clock, Health, Shutdown,
    metrics::Metrics,
    process::{self, Failure, WrongSetting},
};
use projection_service::{Projections, http};
use settings::{Required, Settings};
use utoipa_axum::router::OpenApiRouter;

fn main() -> ExitCode {
    process::run("projection-service", "Folds the streams into the read models.", run)
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    settings.require(&[Required::NatsUrl, Required::PostgresUrl, Required::MasterKeys])?;
    let metrics = Metrics::install()?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres).map_err(WrongSetting::new)?;
    process::patiently("Postgres", &shutdown, async || {
        Ok(read_models::migrate(&pool, &settings.postgres).await?)
    })
    .await?;
    let journal_settings = settings.journal();
    let journal = process::patiently("NATS", &shutdown, async || {
        Ok(Reader::open_and_mend(&journal_settings).await?)
    })
    .await?;
    let ports = Ports::open("http.listen", &settings.http, &settings.tls, false).await?;
    let health = journal
        .health(read_models::health(&pool, Health::new()))
        .shutdown(shutdown.clone());
    let projections = Projections::start(
        &journal,
        &pool,
        &settings.projections,
        &Clock::system(),
        health,
        &shutdown,
    );
    let operations = http::router().with_state(http::Looking {
        journal: journal.clone(),
        pool,
        clock: Clock::system(),
    });
    let surface = Surface::new(OpenApiRouter::new(), Vec::new(), projections.health(), &metrics).operations(operations);
    tracing::info!(address = %ports.address()?, "projecting");
    surface.serve(ports, (&settings.http).into(), shutdown).await;
    projections.stopped().await;
    Ok(())
}
