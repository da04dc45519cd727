//! The projection service as a separate process, connected to an existing NATS server and an existing Postgres
//! database.

use std::process::ExitCode;

use http_edge::{bind, serve, surface};
use log_reader::Reader;
use platform::{
    Clock, Health, Shutdown,
    metrics::Metrics,
    process::{self, Failure, WrongSetting},
};
use projection_service::{Projections, http};
use settings::{Required, Settings};

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
    let listener = bind("http.listen", settings.http.listen, false).await?;
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
    let api = http::router().with_state(http::Looking {
        journal: journal.clone(),
        pool,
        clock: Clock::system(),
    });
    let app = surface(api, Vec::new(), projections.health(), &metrics);
    tracing::info!(address = %listener.local_addr()?, "projecting");
    serve(listener, app, (&settings.http).into(), shutdown).await;
    projections.stopped().await;
    Ok(())
}
