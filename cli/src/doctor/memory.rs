//! Whether the servers have memory for their subjects. Every event has one, and a server keeps them all in memory.

use indicatif::HumanBytes;

use super::{
    facts::{Facts, SystemFacts},
    finding::Finding,
};

const CHECK: &str = "memory";
/// What a subject was measured to take.
const SUBJECT_BYTES: [u64; 2] = [100, 125];
/// From how much of a server's limit on its subjects leave too little for everything else, in percent.
const NEARLY_FULL: u64 = 50;
const TOO_FULL: u64 = 80;
/// Where no limit is known: from how many subjects on one server is a matter to think about.
const MANY_SUBJECTS: u64 = 20_000_000;
const ADVICE: &str = "Give the server more memory and raise its GOMEMLIMIT.";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    if facts.streams().next().is_none() {
        return Vec::new();
    }
    let subjects = facts.streams().map(|(_, report)| report.subjects).sum();
    let limits: Vec<(&str, u64)> = match &facts.servers {
        SystemFacts::Told(servers) => servers
            .iter()
            .filter_map(|server| Some((server.name.as_str(), server.memory_limit_bytes?)))
            .collect(),
        SystemFacts::NotAsked | SystemFacts::Failed(_) => Vec::new(),
    };
    if limits.is_empty() {
        return vec![judge("nats", subjects, None)];
    }
    // A server may keep a copy of each stream.
    limits
        .into_iter()
        .map(|(name, limit)| judge(name, subjects, Some(limit)))
        .collect()
}

fn judge(item: &str, subjects: u64, limit_bytes: Option<u64>) -> Finding {
    let [least, most] = SUBJECT_BYTES.map(|bytes| bytes.saturating_mul(subjects));
    let found = format!(
        "{subjects} subjects, about {} to {}",
        HumanBytes(least),
        HumanBytes(most)
    );
    let Some(limit) = limit_bytes else {
        let found = format!("{found}; no limit is known");
        return match subjects {
            ..MANY_SUBJECTS => Finding::ok(CHECK, item, found),
            _ => Finding::warn(CHECK, item, found, ADVICE),
        };
    };
    let found = format!("{found}, of {}", HumanBytes(limit));
    let percent = u128::from(most) * 100 / u128::from(limit.max(1));
    if percent >= TOO_FULL.into() {
        Finding::fail(CHECK, item, found, ADVICE)
    } else if percent >= NEARLY_FULL.into() {
        Finding::warn(CHECK, item, found, ADVICE)
    } else {
        Finding::ok(CHECK, item, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    #[test]
    fn subjects_are_weighed_against_the_limit_or_counted() {
        assert_eq!(judge("n1", 3, Some(1_000)).status, Status::Ok);
        assert_eq!(judge("n1", 4, Some(1_000)).status, Status::Warn);
        assert_eq!(judge("n1", 7, Some(1_000)).status, Status::Fail);
        assert_eq!(judge("n1", 1_000_000, None).status, Status::Ok);
        assert_eq!(judge("n1", 20_000_000, None).status, Status::Warn);
        assert!(judge("n1", 2_000_000, None).found.contains("190.73 MiB to 238.42 MiB"));
    }
}
