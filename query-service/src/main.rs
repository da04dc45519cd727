//! The query service as a separate process, connected to an existing NATS server and an existing Postgres database.

use std::process::ExitCode;

use http_edge::{bind, serve, surface};
use log_reader::Reader;
use platform::{
    Health, Settings, Shutdown,
    metrics::Metrics,
    process::{self, Failure},
};
use query_service::{Queries, http};

fn main() -> ExitCode {
    process::run(
        "query-service",
        "Serves queries from the read models, and queries on the past from the log.",
        run,
    )
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    if settings.nats.url.is_empty() || settings.postgres.url.is_empty() || !settings.sealing.is_configured() {
        return Err("nats.url, postgres.url and sealing.master_keys must be set".into());
    }
    let metrics = Metrics::install()?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres)?;
    process::patiently("the read models", &shutdown, async || read_models::check(&pool).await).await?;
    let reader = process::patiently("NATS", &shutdown, async || Reader::open(&settings).await).await?;
    let listener = bind("http.listen", settings.http.listen, false).await?;
    let health = read_models::health(&pool, Health::new()).shutdown(shutdown.clone());
    let queries = Queries::new(pool, reader, settings.queries.max_wait_ms);
    let app = surface(
        http::router().with_state(queries),
        http::problems::ALL.to_vec(),
        health,
        &metrics,
    );
    tracing::info!(address = %listener.local_addr()?, "serving queries");
    serve(listener, app, (&settings.http).into(), shutdown).await;
    Ok(())
}
