//! All services in one process, on one port. `anamnesis up` and the system tests run it.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use auth_service::Auth;
use command_service::grpc::{self, GrpcError};
use commands::Commands;
use http_edge::{Drained, Ports, Surface, describe};
use journal::Journal;
use log_reader::Reader;
use platform::{
    Clock, Health, Shutdown,
    metrics::Metrics,
    process::{self, WrongSetting},
};
use projection_service::{Projections, http::Looking};
use query_service::Queries;
use reaction_service::{Reactors, Running};
use read_models::PgPool;
use settings::Settings;
use tokio::task::JoinHandle;
use utoipa::openapi::OpenApi;

/// A running stack.
#[derive(Debug)]
pub struct Stack {
    address: SocketAddr,
    operations_address: SocketAddr,
    scheme: &'static str,
    commands: Commands,
    auth: Auth,
    projections: Projections,
    reactors: Option<Running>,
    health: Health,
    pool: PgPool,
    query_pool: PgPool,
    auth_pool: PgPool,
    serving: JoinHandle<Drained>,
    grpc_address: SocketAddr,
    serving_grpc: JoinHandle<Result<(), GrpcError>>,
}

impl Stack {
    /// Starts all services on the servers that the settings name. They run until the shutdown.
    ///
    /// # Errors
    /// The gRPC port cannot be bound, NATS or Postgres is not usable, or the configured fees are invalid.
    pub async fn start(
        settings: &Settings,
        clock: Clock,
        ports: impl Into<Ports>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let ports = ports.into();
        let grpc_listener = ports.http2("--grpc-listen", settings.grpc.listen).await?;
        let (journal, pool) = open(settings, shutdown).await?;
        // Sign-ins have their own connections too, as in a separate service.
        let auth_pool = auth_service::database::connect(settings.postgres.url.expose(), &settings.postgres)?;
        auth_service::database::migrate(&auth_pool)
            .await
            .context("cannot migrate the accounts")?;
        let auth = Auth::open(auth_pool.clone(), settings, clock.clone()).await?;
        auth.start(&journal, shutdown);
        let metrics = Metrics::install()?;
        let health = journal
            .health(read_models::health(&pool, Health::new()))
            .shutdown(shutdown.clone());
        let projections = Projections::start(
            &Reader::from(&journal),
            &pool,
            &settings.projections,
            &clock,
            health,
            shutdown,
        );
        let looking = Looking {
            journal: Reader::from(&journal),
            pool: pool.clone(),
            clock: clock.clone(),
        };
        // Queries have their own connections, as in a separate service. Projections would leave them too few.
        let query_pool = connect(settings)?;
        let queries = Queries::new(query_pool.clone(), Reader::from(&journal), settings.queries.max_wait_ms);
        let commands = Commands::new(journal, clock, &settings.commands).map_err(WrongSetting::new)?;
        let reactors = match settings.reactors.enabled {
            true => {
                let reactors = Reactors::new(&commands, &pool, settings).map_err(WrongSetting::new)?;
                Some(reactors.start(projections.health(), shutdown))
            }
            false => None,
        };
        let health = reactors.as_ref().map_or_else(|| projections.health(), Running::health);
        let api = command_service::http::router()
            .with_state(commands.clone())
            .merge(query_service::http::router().with_state(queries))
            .merge(auth_service::http::router().with_state(auth.clone()));
        let problems = [
            command_service::http::problems::ALL,
            query_service::http::problems::ALL,
            auth_service::http::problems::ALL,
        ];
        let surface = Surface::new(api, problems.concat(), health.clone(), &metrics)
            .operations(projection_service::http::router().with_state(looking));
        let (address, operations_address, scheme) = (ports.address()?, ports.operations_address()?, ports.scheme());
        let serving = tokio::spawn(surface.serve(ports, (&settings.http).into(), shutdown.clone()));
        let grpc_address = grpc_listener.local_addr()?;
        let serving_grpc = tokio::spawn(grpc::serve(
            grpc_listener,
            commands.clone(),
            settings.grpc.clone(),
            health.clone(),
            Duration::from_millis(settings.http.shutdown_grace_ms),
            shutdown.clone(),
        ));
        Ok(Self {
            address,
            operations_address,
            scheme,
            commands,
            auth,
            projections,
            reactors,
            health,
            pool,
            query_pool,
            auth_pool,
            serving,
            grpc_address,
            serving_grpc,
        })
    }

    /// The address of the HTTP server.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the HTTP server for operators, which can be the same.
    #[must_use]
    pub const fn operations_address(&self) -> SocketAddr {
        self.operations_address
    }

    /// The scheme of the URLs of all ports.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// The address of the gRPC server.
    #[must_use]
    pub const fn grpc_address(&self) -> SocketAddr {
        self.grpc_address
    }

    /// The command path, for commands that do not come over HTTP.
    #[must_use]
    pub const fn commands(&self) -> &Commands {
        &self.commands
    }

    /// The accounts.
    #[must_use]
    pub const fn auth(&self) -> &Auth {
        &self.auth
    }

    /// The health of the process.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Waits until all services have stopped, after the shutdown has started.
    ///
    /// # Errors
    /// A server failed.
    pub async fn stopped(self) -> anyhow::Result<()> {
        let drained = self.serving.await?;
        tracing::debug!(?drained, "the HTTP server has stopped");
        self.serving_grpc.await??;
        if let Some(reactors) = self.reactors {
            reactors.stopped().await;
        }
        self.commands.close().await;
        self.projections.stopped().await;
        self.pool.close().await;
        self.query_pool.close().await;
        self.auth_pool.close().await;
        Ok(())
    }
}

async fn open(settings: &Settings, shutdown: &Shutdown) -> anyhow::Result<(Journal, PgPool)> {
    let pool = connect(settings)?;
    let migrating = async {
        let migrated = process::patiently("Postgres", shutdown, async || {
            Ok(read_models::migrate(&pool, &settings.postgres).await?)
        });
        let migrated = migrated.await.map_err(anyhow::Error::from_boxed);
        migrated.context("cannot migrate the read models")
    };
    let journal_settings = settings.journal();
    let opening = async {
        let journal = process::patiently("NATS", shutdown, async || {
            Ok(Journal::open_to_decide(&journal_settings).await?)
        });
        let journal = journal.await.map_err(anyhow::Error::from_boxed);
        journal.context("cannot open the log")
    };
    // A wrong setting of one is told at once, although the other is still waited for.
    let ((), journal) = tokio::try_join!(migrating, opening)?;
    Ok((journal, pool))
}

fn connect(settings: &Settings) -> anyhow::Result<PgPool> {
    read_models::connect(settings.postgres.url.expose(), &settings.postgres)
        .map_err(WrongSetting::new)
        .context("postgres.url is invalid")
}

/// The OpenAPI document of the whole API, derived from its routes.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut api = command_service::http::router().into_openapi();
    api.merge(query_service::http::router().into_openapi());
    api.merge(projection_service::http::router().into_openapi());
    api.merge(auth_service::http::router().into_openapi());
    describe(api)
}
