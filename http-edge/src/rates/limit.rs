//! One rate limit: the generic cell rate algorithm (GCRA) per client, for a bounded number of clients.

use std::{convert::Infallible, hash::Hash, num::NonZeroU32, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed, StateStore},
};
use platform::config::RateSettings;
use quick_cache::{UnitWeighter, sync::Cache};

pub(super) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
pub(super) const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The number of clients that space is made for before there are any.
const EXPECTED_CLIENTS: usize = 256;

/// A limit on the requests of each client.
#[derive(Debug)]
pub(super) struct Limit<K: Clone + Eq + Hash> {
    name: &'static str,
    rate: RateSettings,
    quota: Quota,
    policy: HeaderValue,
    limiter: RateLimiter<K, Remembered<K>, MonotonicClock, StateInformationMiddleware>,
}

impl<K: Clone + Eq + Hash> Limit<K> {
    /// A limit that remembers at most `clients`.
    pub(super) fn new(name: &'static str, rate: RateSettings, clients: usize) -> Self {
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        let per_minute = NonZeroU32::new(rate.per_minute).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(per_minute).allow_burst(burst);
        let window = seconds(quota.burst_size_replenished_in());
        let remembered = Remembered(Cache::with_weighter(
            EXPECTED_CLIENTS.min(clients),
            clients as u64,
            UnitWeighter,
        ));
        Self {
            name,
            rate,
            quota,
            policy: value(format!("\"{name}\";q={burst};w={window}")),
            limiter: RateLimiter::new(quota, remembered, MonotonicClock),
        }
    }

    /// Counts a request.
    pub(super) fn charge(&self, client: &K) -> Charge {
        let (remaining, wait, refused) = match self.limiter.check_key(client) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = self.rate.burst.saturating_sub(remaining);
                (remaining, self.quota.replenish_interval() * used, false)
            }
            Err(until) => (0, until.wait_time_from(self.limiter.clock().now()), true),
        };
        let wait = seconds(wait);
        Charge {
            name: self.name,
            rate: self.rate,
            policy: self.policy.clone(),
            state: value(format!("\"{}\";r={remaining};t={wait}", self.name)),
            refused_for: refused.then_some(wait),
        }
    }
}

/// A request that was counted.
#[derive(Debug)]
pub(super) struct Charge {
    pub(super) name: &'static str,
    pub(super) rate: RateSettings,
    /// The number of seconds after which the client may try again, if this request is above the limit.
    pub(super) refused_for: Option<u32>,
    policy: HeaderValue,
    state: HeaderValue,
}

impl Charge {
    /// Tells the client the limit and what is left of it. A request that several limits count has a line for each.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        headers.append(POLICY, self.policy);
        headers.append(STATE, self.state);
    }
}

/// What is known of each client. The cache drops the least active ones. They start anew with a full burst, so somebody
/// who commands more networks than the cache has room for is not held; no limit per network would hold them.
struct Remembered<K>(Cache<K, Arc<InMemoryState>>);

impl<K> std::fmt::Debug for Remembered<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remembered").finish_non_exhaustive()
    }
}

impl<K: Clone + Eq + Hash> StateStore for Remembered<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, client: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<governor::nanos::Nanos>) -> Result<(T, governor::nanos::Nanos), E>,
    {
        let Ok(state) = self
            .0
            .get_or_insert_with(client, || Ok::<_, Infallible>(Arc::default()));
        state.measure_and_replace(&NotKeyed::NonKey, decide)
    }
}

/// Whole seconds, rounded up, at least one.
fn seconds(duration: Duration) -> u32 {
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    u32::try_from(whole.max(1)).unwrap_or(u32::MAX)
}

fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(per_minute: u32, burst: u32, clients: usize) -> Limit<u32> {
        Limit::new("tests", RateSettings { per_minute, burst }, clients)
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let limit = limit(6, 2, 10);
        let left = |client| {
            let charge = limit.charge(&client);
            (charge.refused_for, charge.state.to_str().unwrap().to_owned())
        };
        assert_eq!(left(1), (None, "\"tests\";r=1;t=10".to_owned()));
        assert_eq!(left(1), (None, "\"tests\";r=0;t=20".to_owned()));
        assert_eq!(left(1), (Some(10), "\"tests\";r=0;t=10".to_owned()));
        assert_eq!(left(2).0, None, "another client has its own allowance");
        assert_eq!(limit.policy, "\"tests\";q=2;w=20");
    }

    #[test]
    fn an_allowance_grows_back() {
        let limit = limit(60_000, 1, 10);
        assert_eq!(limit.charge(&1).refused_for, None);
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(limit.charge(&1).refused_for, None);
    }

    #[test]
    fn the_largest_settings_do_not_overflow() {
        let limit = limit(1, 10_000_000, 10);
        for _ in 0..3 {
            assert_eq!(limit.charge(&1).refused_for, None);
        }
    }

    #[test]
    fn only_so_many_clients_are_remembered_and_the_active_ones_stay() {
        let limit = limit(1, 2, 100);
        assert_eq!(limit.charge(&0).refused_for, None);
        assert_eq!(limit.charge(&0).refused_for, None);
        for client in 1..10_000 {
            assert_eq!(limit.charge(&client).refused_for, None);
            assert!(limit.charge(&0).refused_for.is_some(), "{client}");
        }
        assert!(limit.limiter.into_state_store().0.len() <= 100);
    }
}
