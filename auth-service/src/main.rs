//! The auth service as a separate process, connected to an existing NATS server and an existing Postgres
//! database.

use std::process::ExitCode;

use auth_service::{Auth, database, http};
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
    let journal_settings = settings.journal();
    let journal = process::patiently("NATS", &shutdown, async || {
        Ok(Journal::open_to_read(&journal_settings).await?)
    })
    .await?;
    let auth = Auth::open(pool.clone(), &settings, Clock::system()).await?;
    if !auth.has_admin().await? {
        // The output of a service is its log, which must not contain a password.
        tracing::warn!("there is no administrator: make one with `anamnesis accounts create ADDRESS --role admin`");
    }
    auth.start(&journal, &shutdown);
    let ports = Ports::open("http.listen", &settings.http, &settings.tls, false).await?;
    let health = journal
        .health(database::health(&pool, Health::new()))
        .shutdown(shutdown.clone());
    let surface = Surface::new(
        http::router().with_state(auth),
        http::problems::ALL.to_vec(),
        health,
        &metrics,
    );
    tracing::info!(address = %ports.address()?, "serving sign-ins");
    surface.serve(ports, (&settings.http).into(), shutdown).await;
    Ok(())
}
