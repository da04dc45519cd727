//! The gRPC server: the services, including the standard ones for health and reflection, and its limits.

use std::time::Duration;

use commands::Commands;
use http_edge::Listener;
use platform::{Health, Shutdown, config::GrpcSettings};
use tonic::transport::Server;
use tonic_health::{ServingStatus, server::HealthReporter};

use super::{billing::Billing, generated::billing_service_server::BillingServiceServer, incoming};

/// The descriptor that reflection serves: the compiled `schemas/proto/billing.proto`.
const DESCRIPTION: &[u8] = include_bytes!("generated/billing.bin");

/// The service whose health is reported, besides the server as a whole.
const SERVICE: &str = "billing.BillingService";

/// The maximum size of a message. A request has a few hundred bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The maximum number of concurrent calls on one connection.
const MAX_STREAMS: u32 = 256;
/// The interval at which the health service checks the process.
const HEALTH_EVERY: Duration = Duration::from_secs(1);
/// The timeout for a client to start HTTP/2.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);
/// The interval at which a silent client is pinged, and the timeout for its reply.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(20));

/// An error of the gRPC server.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// The descriptor for reflection is invalid.
    #[error("the gRPC service descriptor is invalid: {0}")]
    Description(#[from] tonic_reflection::server::Error),
    /// The server failed.
    #[error("the gRPC server failed: {0}")]
    Server(#[from] tonic::transport::Error),
}

/// Serves until shutdown. Calls in progress may then take at most `shutdown_grace`.
///
/// # Errors
/// The server cannot serve.
pub async fn serve(
    listener: Listener,
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
        // Many tools still use the alpha version of the reflection protocol.
        .add_service(reflection().build_v1alpha()?)
        .serve_with_incoming_shutdown(connections, shutdown.cancelled());
    let too_long = async {
        shutdown.cancelled().await;
        tokio::time::sleep(shutdown_grace).await;
    };
    tokio::select! {
        served = serving => served?,
        never = report(&reporter, &health) => match never {},
        // A client that watches the health service would keep its connection open for ever.
        () = too_long => tracing::warn!("gRPC connections were closed because they did not end in the grace period"),
    }
    Ok(())
}

/// The reflection service, for clients without a copy of the service definition.
fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTION)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// Reports the health of the process to the health service at regular intervals.
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
