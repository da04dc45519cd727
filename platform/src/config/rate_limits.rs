//! How often a client may call the HTTP port.

use serde::{Deserialize, Serialize};

/// The rate limits of the HTTP port.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimitSettings {
    /// The maximum number of clients that each limit remembers.
    pub remembered_clients: usize,
    /// Reads of one address.
    pub address_reads: RateSettings,
    /// Writes of one address.
    pub address_writes: RateSettings,
    /// Sign-ins of one address.
    pub address_sign_ins: RateSettings,
    /// Reads of one principal.
    pub principal_reads: RateSettings,
    /// Writes of one principal.
    pub principal_writes: RateSettings,
}

/// A rate that is sustained, and what a client may save up.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RateSettings {
    /// The number of requests that are allowed per minute in the long run.
    pub per_minute: u32,
    /// The number of requests that a client which paused may send at once.
    pub burst: u32,
}

/// Above it, the time until a burst is saved up would overflow the nanoseconds that it is counted in.
const MAX_BURST: u32 = 10_000_000;

impl RateLimitSettings {
    /// The ranges of the limits: a setting, whether it is in its range, and the requirement.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, bool, &'static str)> {
        let positive = "must be 1 or more";
        macro_rules! rules {
            ($($limit:ident)*) => {
                [$(
                    (
                        concat!("http.rate_limits.", stringify!($limit), ".per_minute"),
                        self.$limit.per_minute > 0,
                        positive,
                    ),
                    (
                        concat!("http.rate_limits.", stringify!($limit), ".burst"),
                        (1..=MAX_BURST).contains(&self.$limit.burst),
                        "must be from 1 to 10000000",
                    ),
                )*]
            };
        }
        rules!(address_reads address_writes address_sign_ins principal_reads principal_writes)
            .into_iter()
            .chain([(
                "http.rate_limits.remembered_clients",
                self.remembered_clients > 0,
                positive,
            )])
    }
}
