//! The query service as a separate process, connected to an existing NATS server and an existing Postgres database.

use std::process::ExitCode;

use http_edge::{Ports, Surface};
use log_reader::Reader;
use platform::{
    Health, Shutdown,
    metrics::Metrics,
    process::{self, Failure, WrongSetting},
};
use query_service::{Queries, http};
use settings::{Required, Settings};

fn main() -> ExitCode {
    process::run(
        "query-service",
        "Serves queries from the read models, and queries on the past from the log.",
        run,
    )
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    settings.require(&[Required::NatsUrl, Required::PostgresUrl, Required::MasterKeys])?;
    let metrics = Metrics::install()?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres).map_err(WrongSetting::new)?;
    process::patiently("the read models", &shutdown, async || {
        Ok(read_models::check(&pool).await?)
    })
    .await?;
    let journal_settings = settings.journal();
    let reader = process::patiently("NATS", &shutdown, async || Ok(Reader::open(&journal_settings).await?)).await?;
    let ports = Ports::open("http.listen", &settings.http, &settings.tls, false).await?;
    let health = read_models::health(&pool, Health::new()).shutdown(shutdown.clone());
    let queries = Queries::new(pool, reader, settings.queries.max_wait_ms);
    let surface = Surface::new(
        http::router().with_state(queries),
        http::problems::ALL.to_vec(),
        health,
        &metrics,
    );
    tracing::info!(address = %ports.address()?, "serving queries");
    surface.serve(ports, (&settings.http).into(), shutdown).await;
    Ok(())
}
