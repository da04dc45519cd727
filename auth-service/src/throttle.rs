//! How often somebody may fail to sign in. A network and an account each have an allowance of failures, which grows
//! back. A network from which the account signed in lately has an allowance of its own, so nobody can lock a person out
//! of the places where that person usually is.
//!
//! Accounts are known by hashes of whatever address was given, so an account that does not exist is throttled alike. The
//! memory is bounded: the least active entries are dropped, and start anew with a full allowance.

use std::{
    convert::Infallible,
    fmt,
    hash::Hash,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;

use crate::{AuthError, secrets};

/// The failures of a network, whatever the accounts. A whole clinic shares one, and may sign in at the same moment.
const NETWORK: Allowance = Allowance::new(300, 10);
/// The failures of all strangers together at one account.
const ACCOUNT: Allowance = Allowance::new(10, 60);
/// The failures of a network that the account knows.
const ACQUAINTED: Allowance = Allowance::new(10, 30);
/// The most entries of each kind in memory.
const ENTRIES: usize = 50_000;

/// A burst, and then one for each interval (the generic cell rate algorithm).
#[derive(Clone, Copy, Debug)]
struct Allowance {
    burst: i64,
    interval_ms: i64,
}

/// When an allowance is whole again, in milliseconds since 1970.
type State = Arc<AtomicI64>;

type AccountKey = [u8; 16];

/// The allowances. One process counts for itself.
pub(crate) struct Throttle {
    networks: Cache<IpAddr, State>,
    accounts: Cache<AccountKey, State>,
    acquaintances: Cache<(AccountKey, IpAddr), State>,
}

/// An attempt to sign in that was let through, and counts as a failure until it is something else.
pub(crate) struct Attempt<'a> {
    throttle: &'a Throttle,
    pair: Option<(AccountKey, IpAddr)>,
    taken: Vec<(Allowance, State)>,
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Throttle(..)")
    }
}

impl Allowance {
    const fn new(burst: i64, interval_seconds: i64) -> Self {
        Self {
            burst,
            interval_ms: interval_seconds * 1000,
        }
    }

    /// Takes one, or returns how many milliseconds to wait for it.
    fn take(self, state: &AtomicI64, now_ms: i64) -> Result<(), i64> {
        let most = self.burst * self.interval_ms;
        let next = |whole_at: i64| whole_at.max(now_ms) + self.interval_ms;
        let taken = state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |whole_at| {
            let next = next(whole_at);
            (next - now_ms <= most).then_some(next)
        });
        taken.map(drop).map_err(|whole_at| next(whole_at) - now_ms - most)
    }

    fn give_back(self, state: &AtomicI64) {
        state.fetch_sub(self.interval_ms, Ordering::AcqRel);
    }
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self {
            networks: Cache::new(ENTRIES),
            accounts: Cache::new(ENTRIES),
            acquaintances: Cache::new(ENTRIES),
        }
    }

    /// Lets an attempt through, unless there were too many failures.
    ///
    /// # Errors
    /// [`AuthError::TooManyFailures`].
    pub(crate) fn attempt(
        &self,
        email: &str,
        network: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Attempt<'_>, AuthError> {
        let account = account_key(email);
        let now_ms = now.timestamp_millis();
        let pair = network.map(|network| (account, network));
        let mut attempt = Attempt {
            throttle: self,
            pair,
            taken: Vec::new(),
        };
        if let Some(known) = pair.and_then(|pair| self.acquaintances.get(&pair)) {
            attempt.take(ACQUAINTED, known, now_ms)?;
            return Ok(attempt);
        }
        if let Some(network) = network {
            attempt.take(NETWORK, entry(&self.networks, network), now_ms)?;
        }
        attempt.take(ACCOUNT, entry(&self.accounts, account), now_ms)?;
        Ok(attempt)
    }
}

impl Attempt<'_> {
    fn take(&mut self, allowance: Allowance, state: State, now_ms: i64) -> Result<(), AuthError> {
        if let Err(wait_ms) = allowance.take(&state, now_ms) {
            // What is refused is no failure.
            self.give_back();
            metrics::counter!("sign_ins_throttled_total").increment(1);
            let seconds = wait_ms.div_euclid(1000) + 1;
            return Err(AuthError::TooManyFailures(u32::try_from(seconds).unwrap_or(u32::MAX)));
        }
        self.taken.push((allowance, state));
        Ok(())
    }

    fn give_back(&mut self) {
        for (allowance, state) in self.taken.drain(..) {
            allowance.give_back(&state);
        }
    }

    /// The attempt did not tell whether the credentials were right.
    pub(crate) fn undecided(mut self) {
        self.give_back();
    }

    /// The credentials were right: the account knows the network from now on.
    pub(crate) fn succeeded(mut self) {
        self.give_back();
        if let Some(pair) = self.pair {
            entry(&self.throttle.acquaintances, pair);
        }
    }
}

fn entry<K: Clone + Eq + Hash>(cache: &Cache<K, State>, key: K) -> State {
    let Ok(state) = cache.get_or_insert_with(&key, || Ok::<_, Infallible>(State::default()));
    state
}

fn account_key(email: &str) -> AccountKey {
    let mut key = AccountKey::default();
    for (byte, of_hash) in key.iter_mut().zip(secrets::hash(email)) {
        *byte = of_hash;
    }
    key
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const ADA: &str = "ada@clinic.example";

    fn network(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn failures(throttle: &Throttle, email: &str, from: Option<IpAddr>, now: DateTime<Utc>) -> usize {
        (0..1000)
            .take_while(|_| throttle.attempt(email, from, now).is_ok())
            .count()
    }

    #[test]
    fn strangers_share_the_allowance_of_an_account_and_it_grows_back() {
        let throttle = Throttle::new();
        let failed: usize = (0..20)
            .map(|last| failures(&throttle, ADA, network(last), start()))
            .sum();
        assert_eq!(failed, 10);
        let Err(AuthError::TooManyFailures(wait)) = throttle.attempt(ADA, network(99), start()) else {
            panic!("it is throttled");
        };
        assert!((60..=61).contains(&wait), "{wait}");
        let later = start() + TimeDelta::minutes(2);
        assert_eq!(failures(&throttle, ADA, network(99), later), 2);
        assert_eq!(failures(&throttle, ADA, network(99), later + TimeDelta::days(1)), 10);
    }

    #[test]
    fn a_stranger_cannot_lock_a_known_network_out() {
        let throttle = Throttle::new();
        throttle.attempt(ADA, network(1), start()).unwrap().succeeded();
        assert_eq!(failures(&throttle, ADA, network(2), start()), 10);
        throttle.attempt(ADA, network(1), start()).unwrap().succeeded();
        assert_eq!(failures(&throttle, ADA, network(1), start()), 10);
    }

    #[test]
    fn a_network_that_tries_many_accounts_is_throttled() {
        let throttle = Throttle::new();
        let tried = (0..1000).take_while(|n| throttle.attempt(&format!("{n}@x.example"), network(1), start()).is_ok());
        assert_eq!(tried.count(), 300);
        assert!(throttle.attempt(ADA, network(2), start()).is_ok());
    }

    #[test]
    fn successes_and_what_was_not_decided_cost_nothing() {
        let throttle = Throttle::new();
        for _ in 0..100 {
            throttle.attempt(ADA, None, start()).unwrap().succeeded();
            throttle.attempt(ADA, network(1), start()).unwrap().undecided();
        }
        assert_eq!(failures(&throttle, ADA, network(1), start()), 10);
    }

    #[test]
    fn the_memory_is_bounded() {
        let throttle = Throttle::new();
        for n in 0..200_000_u32 {
            let from = IpAddr::from((0x0a00_0000 + n).to_be_bytes());
            let _ = throttle.attempt(ADA, Some(from), start());
        }
        assert!(throttle.networks.len() <= ENTRIES);
    }
}
