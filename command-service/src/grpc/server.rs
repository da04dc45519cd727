//! The gRPC server: the services, the standard ones for health and reflection among them, within bounds.

use std::time::Duration;

use commands::Commands;
use platform::{Health, Shutdown, config::GrpcSettings};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic_health::{ServingStatus, server::HealthReporter};

use super::{billing::Billing, generated::billing_service_server::BillingServiceServer, incoming};

/// What reflection hands out: the compiled `schemas/proto/billing.proto`.
const DESCRIPTION: &[u8] = include_bytes!("generated/billing.bin");

/// The service that health is told of, besides the server as a whole.
const SERVICE: &str = "billing.BillingService";

/// The largest message: a request is a few hundred bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The most calls on one connection.
const MAX_STREAMS: u32 = 256;
/// How often the health service looks at the health of the process.
const HEALTH_EVERY: Duration = Duration::from_secs(1);
/// How long a client may take to begin with HTTP/2.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);
/// How often a silent client is asked whether it is there, and how long it may take to say so.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(20));

/// Why the gRPC server could not serve.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// The description for reflection cannot be read.
    #[error("the description of the services cannot be read: {0}")]
    Description(#[from] tonic_reflection::server::Error),
    /// The server failed.
    #[error("the gRPC server failed: {0}")]
    Server(#[from] tonic::transport::Error),
}

/// Serves until the shutdown, then finishes the calls in progress for at most `shutdown_grace`.
///
/// # Errors
/// The server cannot serve.
pub async fn serve(
    listener: TcpListener,
    commands: Commands,
    settings: GrpcSettings,
    health: Health,
    shutdown_grace: Duration,
    shutdown: Shutdown,
) -> Result<(), GrpcError> {
    let (reporter, health_service) = tonic_health::server::health_reporter();
    let longest = Duration::from_millis(settings.request_timeout_ms);
    let billing = Billing::new(commands, settings.max_concurrent_calls, longest);
    let billing = BillingServiceServer::new(billing)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    let connections = incoming::connections(listener, settings.max_connections, BEGIN_WITHIN);
    let serving = Server::builder()
        .max_concurrent_streams(MAX_STREAMS)
        .http2_keepalive_interval(Some(KEEPALIVE.0))
        .http2_keepalive_timeout(Some(KEEPALIVE.1))
        .add_service(billing)
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        // Many tools still ask for reflection as it was called before.
        .add_service(reflection().build_v1alpha()?)
        .serve_with_incoming_shutdown(connections, shutdown.cancelled());
    let too_long = async {
        shutdown.cancelled().await;
        tokio::time::sleep(shutdown_grace).await;
    };
    tokio::select! {
        served = serving => served?,
        never = report(&reporter, &health) => match never {},
        // Whoever watches the health of the service would keep it open for ever.
        () = too_long => tracing::warn!("gRPC connections are cut, because they did not end in the grace period"),
    }
    Ok(())
}

/// What there is, for clients without a definition.
fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTION)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// Tells the health service, again and again, whether the process can do its work.
async fn report(reporter: &HealthReporter, health: &Health) -> std::convert::Infallible {
    let mut every = tokio::time::interval(HEALTH_EVERY);
    loop {
        every.tick().await;
        let ready = health.check().await.values().all(Result::is_ok);
        let status = if ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for service in ["", SERVICE] {
            reporter.set_service_status(service, status).await;
        }
    }
}
