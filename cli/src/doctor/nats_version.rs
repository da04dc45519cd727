//! Checks the version of each NATS server.

use journal::inspect::ServerVersion;

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "nats-version";
/// The oldest version with atomic batches.
const OLDEST: (u32, u32) = (2, 12);
/// The oldest version that combines the disk writes of appends to a replicated stream.
const RECOMMENDED: (u32, u32) = (2, 15);

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let servers = facts.log.iter().flat_map(|log| &log.servers);
    servers.map(judge).collect()
}

fn judge(server: &ServerVersion) -> Finding {
    let (name, version) = (&server.name, &server.version);
    match numbers(version) {
        None => Finding::warn(
            CHECK,
            name,
            format!("unknown: {version}"),
            format!("The version must be {}.{} or newer.", OLDEST.0, OLDEST.1),
        ),
        Some(found) if found < OLDEST => Finding::fail(
            CHECK,
            name,
            version,
            format!(
                "Install {}.{} or newer. Older servers have no atomic batches.",
                OLDEST.0, OLDEST.1
            ),
        ),
        Some(found) if found < RECOMMENDED => Finding::warn(
            CHECK,
            name,
            version,
            format!(
                "Install {}.{} or newer. Replicated streams are faster there.",
                RECOMMENDED.0, RECOMMENDED.1
            ),
        ),
        Some(_) => Finding::ok(CHECK, name, version),
    }
}

/// The first two numbers of a version such as 2.15.1 or v2.15.0-dev.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    #[test]
    fn a_version_is_too_old_old_or_good() {
        let status = |version: &str| {
            judge(&ServerVersion {
                name: "n1".to_owned(),
                version: version.to_owned(),
            })
            .status
        };
        assert_eq!(status("2.11.9"), Status::Fail);
        assert_eq!(status("2.12.0"), Status::Warn);
        assert_eq!(status("2.9.25"), Status::Fail);
        assert_eq!(status("2.15.0-dev"), Status::Ok);
        assert_eq!(status("v3.0.0"), Status::Ok);
        assert_eq!(status("custom"), Status::Warn);
    }
}
