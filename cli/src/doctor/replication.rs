//! Checks that every stream has a leader and current replicas.

use journal::inspect::StreamReport;

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "replication";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    facts.streams().map(|(name, report)| judge(name, report)).collect()
}

fn judge(name: &str, report: &StreamReport) -> Finding {
    let Some(leader) = &report.leader else {
        let advice = "Start the servers with its replicas. More than half of them must run.";
        return Finding::fail(CHECK, name, "no leader: it accepts no appends", advice);
    };
    let copies = report.replicas;
    let behind: Vec<String> = report
        .copies
        .iter()
        .filter(|copy| !copy.is_current)
        .map(|copy| match copy.is_offline {
            true => format!("{} is offline", copy.server),
            false => format!("{} is {} operations behind", copy.server, copy.lag),
        })
        .collect();
    if !behind.is_empty() {
        let found = format!("{copies} replicas, leader {leader}; {}", behind.join(", "));
        let advice = "If it does not catch up by itself, check the log, the disk and the network of that server.";
        return Finding::warn(CHECK, name, found, advice);
    }
    if copies == 1 && report.is_clustered {
        let advice = "Set nats.replicas to 3. The only replica is lost with its disk, and the cluster can store more.";
        return Finding::warn(CHECK, name, format!("one replica, on {leader}"), advice);
    }
    match copies {
        1 => Finding::ok(CHECK, name, format!("one replica, on {leader}")),
        _ => Finding::ok(CHECK, name, format!("{copies} current replicas, leader {leader}")),
    }
}

#[cfg(test)]
mod tests {
    use journal::inspect::CopyReport;

    use super::*;
    use crate::doctor::{finding::Status, testing::stream};

    #[test]
    fn a_leader_is_needed_and_copies_are_to_be_current() {
        let copy = |is_current, lag| CopyReport {
            server: "n2".to_owned(),
            is_current,
            is_offline: false,
            lag,
        };
        let alone = stream();
        assert_eq!(judge("S", &alone).status, Status::Ok);
        let clustered = StreamReport {
            is_clustered: true,
            ..alone.clone()
        };
        assert_eq!(judge("S", &clustered).status, Status::Warn);
        let replicated = |copy| StreamReport {
            replicas: 3,
            copies: vec![copy],
            ..clustered.clone()
        };
        assert_eq!(judge("S", &replicated(copy(true, 0))).status, Status::Ok);
        let behind = judge("S", &replicated(copy(false, 42)));
        assert_eq!(behind.status, Status::Warn);
        assert!(behind.found.contains("n2 is 42 operations behind"), "{}", behind.found);
        let leaderless = StreamReport {
            leader: None,
            ..clustered
        };
        assert_eq!(judge("S", &leaderless).status, Status::Fail);
    }
}
