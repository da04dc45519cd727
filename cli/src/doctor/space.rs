//! Checks the free space for events: in each stream, in the account, on the servers and on the disk.

use indicatif::HumanBytes;

use super::{
    facts::{DiskSpace, Facts, SystemFacts},
    finding::Finding,
};

const CHECK: &str = "space";
/// The usage of a limit, in percent, from which the check warns and fails.
const NEARLY_FULL: u64 = 80;
const TOO_FULL: u64 = 95;
/// The free space on a disk below which the check fails and warns.
const LAST_FREE_BYTES: u64 = 1 << 30;
const FEW_FREE_BYTES: u64 = 5 << 30;

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts
        .streams()
        .map(|(name, report)| match report.limit_bytes {
            Some(limit) => judge(name, report.used_bytes, limit, "Raise nats.max_stream_bytes."),
            None => Finding::ok(CHECK, name, format!("{}, no limit", HumanBytes(report.used_bytes))),
        })
        .collect();
    if let Ok(log) = &facts.log {
        findings.extend(match &log.limits {
            Ok(limits) => limits
                .iter()
                .map(|limit| {
                    let item = limit
                        .tier
                        .as_ref()
                        .map_or("account".to_owned(), |tier| format!("account {tier}"));
                    judge(&item, limit.used_bytes, limit.limit_bytes, "Raise the account's limit.")
                })
                .collect(),
            Err(reason) => vec![Finding::warn(
                CHECK,
                "account",
                format!("unknown: {reason}"),
                "Allow the user to publish to $JS.API.INFO.",
            )],
        });
    }
    if let SystemFacts::Told(servers) = &facts.servers {
        findings.extend(servers.iter().filter_map(|server| {
            let storage = server.storage.filter(|storage| storage.limit_bytes > 0)?;
            let advice = "Use a larger disk for the server, and raise its max_file_store.";
            Some(judge(&server.name, storage.used_bytes, storage.limit_bytes, advice))
        }));
    }
    let held_bytes = facts.streams().map(|(_, report)| report.used_bytes).sum();
    findings.extend(facts.disk.iter().map(|disk| match disk {
        Ok(disk) => judge_disk(*disk, held_bytes),
        Err(reason) => Finding::warn(
            CHECK,
            "data directory",
            format!("unknown: {reason}"),
            "Allow this user to read the data directory.",
        ),
    }));
    findings
}

fn judge(item: &str, used_bytes: u64, limit_bytes: u64, advice: &str) -> Finding {
    let percent = u128::from(used_bytes) * 100 / u128::from(limit_bytes.max(1));
    let found = format!("{} of {}, {percent} %", HumanBytes(used_bytes), HumanBytes(limit_bytes));
    if percent >= TOO_FULL.into() {
        Finding::fail(CHECK, item, found, advice)
    } else if percent >= NEARLY_FULL.into() {
        Finding::warn(CHECK, item, found, advice)
    } else {
        Finding::ok(CHECK, item, found)
    }
}

/// Judges a disk by its free space. The log should have room to double.
fn judge_disk(disk: DiskSpace, held_bytes: u64) -> Finding {
    let (item, advice) = ("data directory", "Free space on the disk of the data directory.");
    let found = format!(
        "{} free of {}",
        HumanBytes(disk.free_bytes),
        HumanBytes(disk.size_bytes)
    );
    if disk.free_bytes < LAST_FREE_BYTES {
        Finding::fail(CHECK, item, found, advice)
    } else if disk.free_bytes < held_bytes.max(FEW_FREE_BYTES) {
        Finding::warn(CHECK, item, found, advice)
    } else {
        Finding::ok(CHECK, item, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    #[test]
    fn room_runs_out_in_two_steps() {
        let status = |used| judge("S", used, 1_000, "").status;
        assert_eq!(status(799), Status::Ok);
        assert_eq!(status(800), Status::Warn);
        assert_eq!(status(950), Status::Fail);
        assert_eq!(judge("S", 0, 0, "").status, Status::Ok);
        assert_eq!(judge("S", u64::MAX, u64::MAX, "").status, Status::Fail);
    }

    #[test]
    fn a_disk_has_room_for_the_log_to_double() {
        let status = |free_bytes, held_bytes| {
            let disk = DiskSpace {
                free_bytes,
                size_bytes: 1 << 40,
            };
            judge_disk(disk, held_bytes).status
        };
        assert_eq!(status(6 << 30, 1 << 30), Status::Ok);
        assert_eq!(status(6 << 30, 7 << 30), Status::Warn);
        assert_eq!(status(4 << 30, 0), Status::Warn);
        assert_eq!(status(1 << 29, 0), Status::Fail);
    }
}
