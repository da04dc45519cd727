//! Checks that NATS syncs every event to disk before it acknowledges it. Only the system account can read this setting.

use journal::inspect::{ServerSettings, ServerStorage};

use super::{
    facts::{Facts, SystemFacts},
    finding::Finding,
};

const CHECK: &str = "durability";
const HOW_TO_KNOW: &str = "Set nats.system_url to a user of the NATS system account. Or check each server: \
                           `jetstream.config.sync_always` must be true at /varz of its monitoring port.";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    match &facts.servers {
        SystemFacts::Told(servers) => servers.iter().filter_map(judge).collect(),
        SystemFacts::NotAsked if facts.log.is_err() => Vec::new(),
        SystemFacts::NotAsked => vec![unknown("only the system account can read sync_interval")],
        SystemFacts::Failed(reason) => vec![unknown(reason)],
    }
}

fn unknown(reason: &str) -> Finding {
    Finding::warn(CHECK, "nats", format!("unknown: {reason}"), HOW_TO_KNOW)
}

fn judge(server: &ServerSettings) -> Option<Finding> {
    let ServerStorage {
        syncs_always,
        sync_interval,
        ..
    } = server.storage?;
    Some(if syncs_always {
        Finding::ok(CHECK, &server.name, "sync_interval is always")
    } else {
        Finding::fail(
            CHECK,
            &server.name,
            format!("sync_interval is {sync_interval:?}: a power failure can lose acknowledged events"),
            "Set `sync_interval: always` in the jetstream block of the server, and restart the server.",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::doctor::finding::Status;

    fn server(storage: Option<ServerStorage>) -> ServerSettings {
        ServerSettings {
            name: "n1".to_owned(),
            storage,
            memory_limit_bytes: None,
        }
    }

    #[test]
    fn a_server_that_does_not_sync_fails_and_one_that_stores_nothing_is_left_out() {
        let storage = |syncs_always| {
            Some(ServerStorage {
                syncs_always,
                sync_interval: Duration::from_secs(120),
                used_bytes: 0,
                limit_bytes: 0,
            })
        };
        let status = |storage| judge(&server(storage)).map(|finding| finding.status);
        assert_eq!(status(storage(true)), Some(Status::Ok));
        assert_eq!(status(storage(false)), Some(Status::Fail));
        assert_eq!(status(None), None);
        let found = judge(&server(storage(false))).expect("a finding").found;
        assert!(found.contains("120s"), "{found}");
    }
}
