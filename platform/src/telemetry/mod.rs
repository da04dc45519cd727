//! Structured logs on standard error, and traces over OTLP. A slow or missing collector must never slow a request:
//! spans wait in a bounded queue and are dropped when it is full.

mod panics;
pub mod traceparent;

use std::{io::IsTerminal as _, time::Duration};

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{EnvFilter, Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{LogFormat, TelemetrySettings};

pub use panics::install_panic_hook;

const SPAN_QUEUE: usize = 2048;
const SPAN_BATCH: usize = 512;
const EXPORT_INTERVAL: Duration = Duration::from_secs(2);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the end of the process may wait for the last spans to be sent.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// Crates that the exporter itself uses. Tracing them would make every export cause further spans.
const EXPORTER_CRATES: [&str; 6] = ["h2", "hyper", "hyper_util", "opentelemetry", "tonic", "tower"];

/// Why logs and traces could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter is invalid.
    #[error("`telemetry.log_filter` is not a filter such as info,event_store=debug: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter needs a runtime for its connection.
    #[error("traces can only be exported from inside a Tokio runtime")]
    NoRuntime,
    /// The exporter refused its settings.
    #[error("`telemetry.otlp_endpoint` cannot be used: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Telemetry was already set up in this process.
    #[error("telemetry is set up already in this process")]
    Twice,
}

/// Keeps the exporter alive. Dropping it sends the waiting spans, for two seconds at most.
#[derive(Debug)]
#[must_use = "dropping the guard ends the export of traces"]
pub struct TelemetryGuard(SdkTracerProvider);

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH_TIMEOUT) {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Sets up logs and traces for this process, once. `service` is the process's name in traces.
///
/// Trace ids exist even if traces are not exported, so that a problem document can always be found in the logs.
///
/// # Errors
/// A setting cannot be used, or telemetry was already set up.
pub fn init(settings: &TelemetrySettings, service: &'static str) -> Result<TelemetryGuard, TelemetryError> {
    let filter = EnvFilter::builder().parse(&settings.log_filter)?;
    let logs = match settings.log_format {
        LogFormat::Pretty => tracing_subscriber::fmt::layer()
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed(),
    };
    let provider = tracer_provider(settings, service)?;
    Registry::default()
        .with(trace_layer(provider.tracer(service)))
        .with(logs.with_filter(filter))
        .try_init()
        .map_err(|_| TelemetryError::Twice)?;
    Ok(TelemetryGuard(provider))
}

/// The log filter does not apply to traces, so that a quieter log keeps the trace ids in responses.
fn trace_layer<S>(tracer: SdkTracer) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let targets = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(EXPORTER_CRATES.map(|name| (name, LevelFilter::OFF)));
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        // Both cost time whenever a span is entered: at every poll of every request.
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(targets)
}

fn tracer_provider(settings: &TelemetrySettings, service: &'static str) -> Result<SdkTracerProvider, TelemetryError> {
    let provider = SdkTracerProvider::builder().with_resource(Resource::builder().with_service_name(service).build());
    if settings.otlp_endpoint.is_empty() {
        // Spans get ids, but nothing is recorded.
        return Ok(provider.with_sampler(Sampler::AlwaysOff).build());
    }
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(TelemetryError::NoRuntime);
    }
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(settings.otlp_endpoint.as_str())
        .with_timeout(EXPORT_TIMEOUT)
        .build()?;
    let bounds = BatchConfigBuilder::default()
        .with_max_queue_size(SPAN_QUEUE)
        .with_max_export_batch_size(SPAN_BATCH)
        .with_scheduled_delay(EXPORT_INTERVAL)
        .build();
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(bounds).build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample_ratio)));
    Ok(provider.with_sampler(sampler).with_span_processor(processor).build())
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceId;
    use opentelemetry_sdk::trace::{InMemorySpanExporterBuilder, SpanData};

    use super::*;

    const PRODUCER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn recorded(work: impl FnOnce()) -> Vec<SpanData> {
        let exporter = InMemorySpanExporterBuilder::new().build();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let subscriber = Registry::default().with(trace_layer(provider.tracer("test")));
        tracing::subscriber::with_default(subscriber, work);
        // Dropping the provider empties the exporter, so read the spans first.
        exporter.get_finished_spans().unwrap()
    }

    #[test]
    fn a_span_continues_the_trace_of_the_header() {
        let spans = recorded(|| {
            let span = tracing::info_span!("append");
            assert!(traceparent::set_parent(&span, PRODUCER));
            span.in_scope(|| {
                assert_eq!(traceparent::trace_id().unwrap(), TRACE_ID);
                let header = traceparent::current().unwrap();
                assert!(header.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && header.ends_with("-01"));
                assert_ne!(header, PRODUCER, "the span has an id of its own");
            });
        });
        assert_eq!(spans[0].parent_span_id.to_string(), "00f067aa0ba902b7");
    }

    #[test]
    fn a_batch_links_to_the_spans_of_its_producers() {
        let spans = recorded(|| {
            let batch = tracing::info_span!("project");
            assert!(traceparent::add_link(&batch, PRODUCER));
            assert!(!traceparent::add_link(&batch, "not a header"));
            batch.in_scope(|| {});
        });
        let links: Vec<_> = spans[0].links.iter().map(|link| link.span_context.trace_id()).collect();
        assert_eq!(links, [TraceId::from_hex(TRACE_ID).unwrap()]);
        assert_ne!(spans[0].span_context.trace_id(), links[0], "a link is not a parent");
    }

    fn exporting_to(otlp_endpoint: String) -> TelemetrySettings {
        TelemetrySettings {
            log_format: LogFormat::Pretty,
            log_filter: "off".to_owned(),
            otlp_endpoint,
            sample_ratio: 1.0,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_that_never_answers_blocks_nothing() {
        // It accepts connections and never answers.
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = exporting_to(format!("http://{}", silent.local_addr().unwrap()));
        let provider = tracer_provider(&settings, "test").unwrap();
        let subscriber = Registry::default().with(trace_layer(provider.tracer("test")));
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..3 * SPAN_QUEUE {
                tracing::info_span!("work").in_scope(|| {});
            }
        });
        drop(TelemetryGuard(provider));
    }

    #[test]
    fn an_exporter_needs_a_runtime() {
        let settings = exporting_to("http://127.0.0.1:4317".to_owned());
        assert!(matches!(
            tracer_provider(&settings, "test"),
            Err(TelemetryError::NoRuntime)
        ));
    }

    #[test]
    fn without_telemetry_there_is_no_trace() {
        tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
            assert_eq!(traceparent::current(), None);
            assert_eq!(traceparent::trace_id(), None);
            assert!(!traceparent::set_parent(&tracing::info_span!("x"), PRODUCER));
        });
    }
}
