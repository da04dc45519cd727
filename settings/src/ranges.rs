//! The ranges of the settings, as far as their types do not express them.

use crate::Settings;

impl Settings {
    /// The first setting that is out of range, with its requirement.
    pub(crate) fn first_out_of_range(&self) -> Option<(&'static str, &'static str)> {
        let positive = "must be 1 or more";
        let rules = [
            (
                "http.header_read_timeout_ms",
                self.http.header_read_timeout_ms > 0,
                positive,
            ),
            ("http.request_timeout_ms", self.http.request_timeout_ms > 0, positive),
            ("http.body_limit_bytes", self.http.body_limit_bytes > 0, positive),
            ("http.max_connections", self.http.max_connections > 0, positive),
            (
                "http.max_connections_per_address",
                self.http.max_connections_per_address > 0,
                positive,
            ),
            (
                "http.max_concurrent_requests",
                self.http.max_concurrent_requests > 0,
                positive,
            ),
            ("grpc.request_timeout_ms", self.grpc.request_timeout_ms > 0, positive),
            ("grpc.max_connections", self.grpc.max_connections > 0, positive),
            (
                "grpc.max_concurrent_calls",
                self.grpc.max_concurrent_calls > 0,
                positive,
            ),
            (
                "tls.key",
                self.tls.is_complete(),
                "must be set if tls.certificate is, and only then",
            ),
            ("tls.handshake_timeout_ms", self.tls.handshake_timeout_ms > 0, positive),
            ("tls.reload_ms", self.tls.reload_ms > 0, positive),
            (
                "nats.namespace",
                is_stream_prefix(&self.nats.namespace),
                "must be letters, digits, `-` and `_` only",
            ),
            (
                "nats.replicas",
                matches!(self.nats.replicas, 1 | 3 | 5),
                "must be 1, 3 or 5",
            ),
            (
                "nats.max_stream_bytes",
                i64::try_from(self.nats.max_stream_bytes).is_ok(),
                "must be below 2^63",
            ),
            ("nats.request_timeout_ms", self.nats.request_timeout_ms > 0, positive),
            (
                "postgres.max_connections",
                self.postgres.max_connections > 2,
                "must be 3 or more: queries and reactors each keep one for listening",
            ),
            (
                "queries.max_wait_ms",
                self.queries.max_wait_ms < self.http.request_timeout_ms,
                "must be below http.request_timeout_ms",
            ),
            (
                "postgres.acquire_timeout_ms",
                self.postgres.acquire_timeout_ms > 0,
                positive,
            ),
            (
                "postgres.list_locale",
                is_language_tag(&self.postgres.list_locale),
                "must be a language tag such as und, sv or de-u-co-phonebk",
            ),
            ("commands.queue_appends", self.commands.queue_appends > 0, positive),
            (
                "commands.remembered_aggregates",
                self.commands.remembered_aggregates > 0,
                positive,
            ),
            ("sealing.cached_keys", self.sealing.cached_keys > 0, positive),
            (
                "sealing.master_keys",
                self.sealing.master_keys.is_empty() || self.sealing.master_keys_file.as_os_str().is_empty(),
                "must be empty when sealing.master_keys_file is set",
            ),
            ("auth.audience", !self.auth.audience.is_empty(), "must not be empty"),
            (
                "auth.access_token_minutes",
                (1..=60).contains(&self.auth.access_token_minutes),
                "must be from 1 to 60",
            ),
            (
                "auth.session_idle_minutes",
                self.auth.session_idle_minutes > self.auth.access_token_minutes,
                "must be above auth.access_token_minutes",
            ),
            (
                "auth.session_max_minutes",
                self.auth.session_max_minutes >= self.auth.session_idle_minutes,
                "must not be below auth.session_idle_minutes",
            ),
            (
                "auth.concurrent_hashes",
                (1..=256).contains(&self.auth.concurrent_hashes),
                "must be from 1 to 256",
            ),
            (
                "auth.waiting_hashes",
                (1..=65_536).contains(&self.auth.waiting_hashes),
                "must be from 1 to 65536",
            ),
            (
                "reactors.max_concurrent_events",
                (1..=256).contains(&self.reactors.max_concurrent_events),
                "must be from 1 to 256",
            ),
            (
                "reactors.hold_ms",
                self.reactors.hold_ms >= 1_000,
                "must be 1000 or more",
            ),
            ("reactors.max_wait_ms", self.reactors.max_wait_ms > 0, positive),
            ("reactors.max_attempts", self.reactors.max_attempts > 0, positive),
            (
                "reactors.retry_initial_ms",
                self.reactors.retry_initial_ms > 0,
                positive,
            ),
            (
                "reactors.retry_max_ms",
                self.reactors.retry_max_ms >= self.reactors.retry_initial_ms,
                "must not be below reactors.retry_initial_ms",
            ),
            ("projections.batch_events", self.projections.batch_events > 0, positive),
            ("projections.batch_bytes", self.projections.batch_bytes > 0, positive),
            (
                "projections.max_parked_events",
                self.projections.max_parked_events > 0,
                positive,
            ),
            (
                "projections.retry_initial_ms",
                self.projections.retry_initial_ms > 0,
                positive,
            ),
            (
                "projections.retry_max_ms",
                self.projections.retry_max_ms >= self.projections.retry_initial_ms,
                "must not be below projections.retry_initial_ms",
            ),
            (
                "telemetry.otlp_endpoint",
                self.telemetry.otlp_endpoint.is_empty() || self.telemetry.otlp_endpoint.starts_with("http://"),
                "must be empty or start with http://",
            ),
            (
                "telemetry.sample_ratio",
                (0.0..=1.0).contains(&self.telemetry.sample_ratio),
                "must be from 0 to 1",
            ),
        ];
        rules
            .into_iter()
            .chain(self.http.rate_limits.rules())
            .find_map(|(key, holds, must)| (!holds).then_some((key, must)))
    }
}

/// Letters and digits in parts of at most 8, as in every BCP 47 language tag.
fn is_language_tag(text: &str) -> bool {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    text.len() <= 64 && text.split('-').all(is_part)
}

/// A stream's name must not contain dots, spaces or wildcards, so neither may its prefix.
fn is_stream_prefix(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
