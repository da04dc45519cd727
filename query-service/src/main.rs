//! The query service as a process of its own, against a given Postgres.

use std::process::ExitCode;

use platform::{
    Health, Settings, Shutdown,
    http::{bind, serve, surface},
    metrics::Metrics,
    process::{self, Failure},
};
use query_service::{Queries, http};

fn main() -> ExitCode {
    process::run("query-service", "Answers queries from the read models.", run)
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    if settings.postgres.url.is_empty() {
        return Err("postgres.url must be set".into());
    }
    let metrics = Metrics::install()?;
    let pool = read_models::connect(settings.postgres.url.expose(), &settings.postgres)?;
    process::patiently("the read models", &shutdown, async || read_models::check(&pool).await).await?;
    let listener = bind("http.listen", settings.http.listen, false).await?;
    let health = read_models::health(&pool, Health::new()).shutdown(shutdown.clone());
    let queries = Queries::new(pool, settings.queries.max_wait_ms);
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
