//! The W3C `traceparent` header, which carries a trace from HTTP into NATS headers and on into a projector. An
//! invalid header is ignored, as the standard requires; it must never fail a request or an event.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The header's name, in HTTP and in NATS.
pub const HEADER: &str = "traceparent";

/// Version, trace id, span id and flags in hexadecimal with three hyphens: the complete header in version 00.
const LENGTH: usize = 55;

/// The header for the current span. `None` outside of any span, or if telemetry is not set up.
pub fn current() -> Option<String> {
    let span = span_context()?;
    Some(format!(
        "00-{}-{}-{:02x}",
        span.trace_id(),
        span.span_id(),
        span.trace_flags().to_u8()
    ))
}

/// The id of the current trace, as 32 hexadecimal digits.
pub fn trace_id() -> Option<String> {
    Some(span_context()?.trace_id().to_string())
}

/// Makes `span` a child of the span in the header. Call it before the span is entered. Returns whether it had an
/// effect.
pub fn set_parent(span: &Span, header: &str) -> bool {
    parse(header).is_some_and(|parent| span.set_parent(Context::new().with_remote_span_context(parent)).is_ok())
}

/// Links `span` to the span in the header: for a batch, which has many causes and no single parent. Returns whether
/// the header was valid.
pub fn add_link(span: &Span, header: &str) -> bool {
    let cause = parse(header);
    let understood = cause.is_some();
    if let Some(cause) = cause {
        span.add_link(cause);
    }
    understood
}

fn span_context() -> Option<SpanContext> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}

fn parse(header: &str) -> Option<SpanContext> {
    let header = header.trim();
    let mut parts = header.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lengths = [version.len(), trace.len(), span.len(), flags.len()] == [2, 32, 16, 2];
    // A later version may append fields; version 00 may not, and ff is forbidden.
    let extent = version != "ff" && (version != "00" || header.len() == LENGTH);
    let lower_hex = [version, trace, span, flags]
        .iter()
        .all(|part| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    if !(lengths && extent && lower_hex) {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_headers_are_understood() {
        let cases = [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", false),
            ("00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("", false),
        ];
        for (header, understood) in cases {
            assert_eq!(parse(header).is_some(), understood, "{header}");
        }
    }
}
