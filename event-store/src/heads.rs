//! Remembers how far aggregates have come, so that an append at a version that was never reached is noticed for nothing.
//! What is remembered is never wrong: events stay, so an aggregate that has reached a version has reached it for ever.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::AggregateId;

/// How many aggregates a generation holds; there are two. An append follows its load within moments.
const GENERATION: usize = 10_000;

/// The versions that aggregates are known to have reached.
#[derive(Debug, Default)]
pub(crate) struct Heads(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<AggregateId, u64>,
    /// What was young before the last full generation. It is forgotten when the next one is full.
    old: HashMap<AggregateId, u64>,
}

impl Heads {
    /// Remembers that an aggregate has reached a version.
    pub(crate) fn note(&self, aggregate: &AggregateId, version: u64) {
        let mut heads = self.lock();
        if let Some(known) = heads.young.get_mut(aggregate) {
            *known = version.max(*known);
            return;
        }
        if heads.young.len() == GENERATION {
            heads.old = mem::take(&mut heads.young);
        }
        let known = heads.old.get(aggregate).copied().unwrap_or(0);
        heads.young.insert(aggregate.clone(), version.max(known));
    }

    /// Whether an aggregate is known to have reached a version. Every aggregate has reached version 0.
    pub(crate) fn reached(&self, aggregate: &AggregateId, version: u64) -> bool {
        let heads = self.lock();
        let known = heads.young.get(aggregate).or_else(|| heads.old.get(aggregate));
        version <= known.copied().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StreamDefinition;

    static ORDERS: StreamDefinition = StreamDefinition {
        name: "ORDERS",
        root: "ordering",
    };

    fn order(number: usize) -> AggregateId {
        AggregateId::new(&ORDERS, "order", number.to_string()).expect("a plain id")
    }

    #[test]
    fn a_version_once_reached_stays_reached() {
        let heads = Heads::default();
        assert!(heads.reached(&order(1), 0));
        assert!(!heads.reached(&order(1), 1));
        heads.note(&order(1), 5);
        heads.note(&order(1), 3);
        assert!(heads.reached(&order(1), 5));
        assert!(!heads.reached(&order(1), 6));
    }

    #[test]
    fn what_was_noted_long_ago_is_forgotten_and_what_was_noted_since_is_not() {
        let heads = Heads::default();
        heads.note(&order(0), 1);
        heads.note(&order(1), 9);
        for number in 2..=GENERATION {
            heads.note(&order(number), 1);
        }
        heads.note(&order(1), 2);
        for number in 0..GENERATION {
            heads.note(&order(GENERATION + 1 + number), 1);
        }
        assert!(!heads.reached(&order(0), 1));
        assert!(heads.reached(&order(1), 9));
        let heads = heads.lock();
        assert!(heads.young.len() <= GENERATION && heads.old.len() <= GENERATION);
    }
}
