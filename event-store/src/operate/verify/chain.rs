//! Checks the commits of a stream against each other: an unbroken hash chain, and dense versions of each aggregate.
//! It reads no stream, and does not see gaps in the stream itself.

use std::collections::HashMap;

use crate::{Commit, CommitHash};

/// Tracks a stream's hash chain and the versions of its aggregates.
#[derive(Debug)]
pub(super) struct ChainVerifier {
    versions: HashMap<String, u64>,
    hash: CommitHash,
    commits: u64,
    events: u64,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self {
            versions: HashMap::new(),
            hash: CommitHash::GENESIS,
            commits: 0,
            events: 0,
        }
    }
}

/// The first fault of a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// An event of the aggregate is missing.
    #[error("sequence {position}: {aggregate} continues with version {found}, but version {expected} is missing")]
    Missing {
        /// The position where it was found.
        position: u64,
        /// The aggregate's type and id.
        aggregate: String,
        /// The expected version.
        expected: u64,
        /// The version that came instead.
        found: u64,
    },
    /// The aggregate has a second event with the same version.
    #[error("sequence {position}: {aggregate} has version {found} a second time")]
    Extra {
        /// The position where it was found.
        position: u64,
        /// The aggregate's type and id.
        aggregate: String,
        /// The repeated version.
        found: u64,
    },
    /// The commit does not follow from the previous one: one of the two has been changed.
    #[error("sequence {position} does not carry the hash of the commit before it")]
    Broken {
        /// The position where it was found.
        position: u64,
    },
}

impl ChainVerifier {
    /// Checks the stream's next commit.
    ///
    /// # Errors
    /// The commit does not follow from the earlier ones. The check ends there.
    pub(super) fn check(&mut self, commit: &Commit) -> Result<(), ChainFault> {
        let position = commit.position;
        if commit.previous_hash != self.hash {
            return Err(ChainFault::Broken { position });
        }
        for event in &commit.events {
            let aggregate = event.aggregate();
            let version = self.versions.entry(aggregate.clone()).or_default();
            let (found, expected) = (event.version, *version + 1);
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
            *version = found;
            self.events += 1;
        }
        self.hash = commit.hash();
        self.commits += 1;
        Ok(())
    }

    /// How many commits have passed.
    #[must_use]
    pub(super) const fn commits(&self) -> u64 {
        self.commits
    }

    /// How many events they hold.
    #[must_use]
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// How many aggregates the events belong to.
    #[must_use]
    pub(super) fn aggregates(&self) -> usize {
        self.versions.len()
    }

    /// The last version of each aggregate, by its type and id.
    pub(super) fn into_versions(self) -> HashMap<String, u64> {
        self.versions
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;
    use crate::{Metadata, RecordedEvent, commit::encode, testing::ORDERS};

    fn commit(position: u64, previous: CommitHash, events: &[(&str, u64)]) -> Commit {
        let mut body = vec![b'['];
        for (index, (id, version)) in (0..).zip(events) {
            if index > 0 {
                body.push(b',');
            }
            let event = RecordedEvent {
                stream: &ORDERS,
                position,
                index,
                aggregate_type: "order".to_owned(),
                aggregate_id: (*id).to_owned(),
                version: *version,
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
                sealed: None,
                data: Bytes::from_static(b"{}"),
            };
            encode("urn:test", &event, &mut body).expect("written");
        }
        body.push(b']');
        let id = Uuid::from_u128(position.into());
        Commit::from_parts(&ORDERS, position, id, previous, Vec::new(), body.into()).expect("a commit")
    }

    fn fault(commits: &[&Commit]) -> ChainFault {
        let mut verifier = ChainVerifier::default();
        let mut faults = commits.iter().filter_map(|commit| verifier.check(commit).err());
        faults.next().expect("a fault")
    }

    #[test]
    fn commits_that_follow_from_each_other_pass() {
        let mut verifier = ChainVerifier::default();
        let one = commit(1, CommitHash::GENESIS, &[("a", 1), ("b", 1)]);
        let two = commit(2, one.hash(), &[("a", 2)]);
        for commit in [&one, &two] {
            assert_eq!(verifier.check(commit), Ok(()));
        }
        assert_eq!(
            (verifier.commits(), verifier.events(), verifier.aggregates()),
            (2, 3, 2)
        );
    }

    #[test]
    fn a_missing_an_extra_and_a_changed_one_are_told_apart() {
        let one = commit(1, CommitHash::GENESIS, &[("a", 1)]);
        let aggregate = || "order/a".to_owned();
        let missing = ChainFault::Missing {
            position: 2,
            aggregate: aggregate(),
            expected: 2,
            found: 3,
        };
        assert_eq!(fault(&[&one, &commit(2, one.hash(), &[("a", 3)])]), missing);
        let extra = ChainFault::Extra {
            position: 2,
            aggregate: aggregate(),
            found: 1,
        };
        assert_eq!(fault(&[&one, &commit(2, one.hash(), &[("a", 1)])]), extra);
        let changed = commit(1, CommitHash::GENESIS, &[("b", 1)]);
        let broken = ChainFault::Broken { position: 2 };
        assert_eq!(fault(&[&changed, &commit(2, one.hash(), &[("a", 1)])]), broken);
    }
}
