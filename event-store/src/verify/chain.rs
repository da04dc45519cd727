//! Checks the events of a stream against each other: for each aggregate, dense versions and an unbroken hash chain.
//! It reads nothing by itself, and does not see where the stream itself has a gap.

use std::collections::HashMap;

use crate::{EventHash, RecordedEvent};

/// Follows the chains of all aggregates of one stream.
#[derive(Debug, Default)]
pub struct ChainVerifier {
    heads: HashMap<String, Head>,
    events: u64,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    version: u64,
    hash: EventHash,
}

/// The first thing that is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// An event of the aggregate is missing.
    #[error("sequence {position}: {aggregate} goes on with version {found}, but version {expected} is missing")]
    Missing {
        /// Where it shows.
        position: u64,
        /// The aggregate's type and id.
        aggregate: String,
        /// The version that should have come.
        expected: u64,
        /// The version that came.
        found: u64,
    },
    /// The aggregate has a second event of a version.
    #[error("sequence {position}: {aggregate} has version {found} a second time")]
    Extra {
        /// Where it shows.
        position: u64,
        /// The aggregate's type and id.
        aggregate: String,
        /// The version that came again.
        found: u64,
    },
    /// The event does not follow from the one before: that one, or this one, is not what was written.
    #[error("sequence {position}: version {version} of {aggregate} does not carry the hash of version {before}")]
    Broken {
        /// Where it shows.
        position: u64,
        /// The aggregate's type and id.
        aggregate: String,
        /// The version whose link is broken.
        version: u64,
        /// The version before.
        before: u64,
    },
}

impl ChainVerifier {
    /// Takes the stream's next event.
    ///
    /// # Errors
    /// It does not follow from the events taken so far. The chain is not followed any further.
    pub fn check(&mut self, event: &RecordedEvent) -> Result<(), ChainFault> {
        let aggregate = format!("{}/{}", event.aggregate_type, event.aggregate_id);
        let head = self.heads.get(&aggregate).copied().unwrap_or(Head {
            version: 0,
            hash: EventHash::GENESIS,
        });
        let (position, found, expected) = (event.position, event.version, head.version + 1);
        if found > expected {
            return Err(ChainFault::Missing {
                position,
                aggregate,
                expected,
                found,
            });
        }
        if found < expected {
            return Err(ChainFault::Extra {
                position,
                aggregate,
                found,
            });
        }
        if event.previous_hash != head.hash {
            return Err(ChainFault::Broken {
                position,
                aggregate,
                version: found,
                before: head.version,
            });
        }
        self.heads.insert(
            aggregate,
            Head {
                version: found,
                hash: event.hash(),
            },
        );
        self.events += 1;
        Ok(())
    }

    /// How many events have been found right.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// How many aggregates they belong to.
    #[must_use]
    pub fn aggregates(&self) -> usize {
        self.heads.len()
    }

    /// The version that each aggregate has come to, by its type and id.
    pub(super) fn versions(&self) -> HashMap<String, u64> {
        let heads = self.heads.iter();
        heads
            .map(|(aggregate, head)| (aggregate.clone(), head.version))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;
    use crate::{Metadata, StreamDefinition};

    static ORDERS: StreamDefinition = StreamDefinition {
        name: "ORDERS",
        root: "ordering",
    };

    fn event(position: u64, id: &str, version: u64, previous_hash: EventHash) -> RecordedEvent {
        RecordedEvent {
            stream: &ORDERS,
            position,
            aggregate_type: "order".to_owned(),
            aggregate_id: id.to_owned(),
            version,
            id: Uuid::from_u128(position.into()),
            event_type: "order.placed".to_owned(),
            schema_version: 1,
            metadata: Metadata {
                time: "2027-01-11T15:00:00Z".parse().expect("an instant"),
                actor: "user-1".to_owned(),
                correlation_id: Uuid::nil(),
                causation_id: None,
                traceparent: None,
            },
            previous_hash,
            sealed: None,
            data: Bytes::from_static(b"{}"),
        }
    }

    #[test]
    fn chains_that_are_interleaved_and_whole_pass() {
        let mut verifier = ChainVerifier::default();
        let a1 = event(1, "a", 1, EventHash::GENESIS);
        let b1 = event(2, "b", 1, EventHash::GENESIS);
        let a2 = event(3, "a", 2, a1.hash());
        for event in [&a1, &b1, &a2] {
            assert_eq!(verifier.check(event), Ok(()));
        }
        assert_eq!((verifier.events(), verifier.aggregates()), (3, 2));
    }

    #[test]
    fn a_missing_an_extra_and_a_changed_event_are_told_apart() {
        let a1 = event(1, "a", 1, EventHash::GENESIS);
        let a2 = event(2, "a", 2, a1.hash());
        let fault = |events: &[&RecordedEvent]| {
            let mut verifier = ChainVerifier::default();
            events
                .iter()
                .find_map(|event| verifier.check(event).err())
                .expect("a fault")
        };
        let aggregate = || "order/a".to_owned();
        assert_eq!(
            fault(&[&a2]),
            ChainFault::Missing {
                position: 2,
                aggregate: aggregate(),
                expected: 1,
                found: 2
            }
        );
        let again = event(3, "a", 1, EventHash::GENESIS);
        assert_eq!(
            fault(&[&a1, &a2, &again]),
            ChainFault::Extra {
                position: 3,
                aggregate: aggregate(),
                found: 1
            }
        );
        let changed = RecordedEvent {
            data: Bytes::from_static(b"{\"total\":0}"),
            ..a1.clone()
        };
        let broken = ChainFault::Broken {
            position: 2,
            aggregate: aggregate(),
            version: 2,
            before: 1,
        };
        assert_eq!(fault(&[&changed, &a2]), broken);
    }
}
