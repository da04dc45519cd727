//! The auth service as a separate process, connected to an existing NATS server and an existing Postgres
//! database.

use std::process::ExitCode;

use auth_service::{Auth, OpenError, database, http};
use http_edge::{BindError, bind, serve, surface};
use journal::{Journal, OpenError as JournalError};
use platform::{
    Clock, Health, Settings, Shutdown,
    config::Required,
    metrics::Metrics,
    process::{self, Failure, WrongSetting},
};

fn main() -> ExitCode {
    process::run(
        "auth-service",
        "Signs people and services in, and issues access tokens.",
        run,
    )
}

async fn run(settings: Settings, shutdown: Shutdown) -> Result<(), Failure> {
    settings.require(&[Required::NatsUrl, Required::PostgresUrl, Required::MasterKeys])?;
    let metrics = Metrics::install()?;
    let pool = database::connect(settings.postgres.url.expose(), &settings.postgres).map_err(WrongSetting::new)?;
    process::patiently("the accounts", &shutdown, async || Ok(database::migrate(&pool).await?)).await?;
    let journal = process::patiently("NATS", &shutdown, async || {
        Journal::open_to_read(&settings)
            .await
            .map_err(JournalError::into_failure)
    })
    .await?;
    let auth = Auth::open(pool.clone(), &settings, Clock::system())
        .await
        .map_err(OpenError::into_failure)?;
    if !auth.has_admin().await? {
        // The output of a service is its log, which must not contain a password.
        tracing::warn!("there is no administrator: make one with `anamnesis accounts create ADDRESS --role admin`");
    }
    auth.start(&journal, &shutdown);
    let listener = bind("http.listen", settings.http.listen, false)
        .await
        .map_err(BindError::into_failure)?;
    let health = journal
        .health(database::health(&pool, Health::new()))
        .shutdown(shutdown.clone());
    let app = surface(
        http::router().with_state(auth),
        http::problems::ALL.to_vec(),
        health,
        &metrics,
    );
    tracing::info!(address = %listener.local_addr()?, "serving sign-ins");
    serve(listener, app, (&settings.http).into(), shutdown).await;
    Ok(())
}
