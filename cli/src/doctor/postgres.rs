//! Checks the version and the durability settings of Postgres.

use read_models::inspect::{DatabaseReport, Durability};

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "postgres";
/// The oldest version that the read models are tested with.
const OLDEST: u32 = 15;

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    facts.database.iter().flat_map(judge).collect()
}

fn judge(database: &DatabaseReport) -> Vec<Finding> {
    let Durability {
        synchronous_commit,
        fsync,
        full_page_writes,
    } = &database.durability;
    let (major, minor) = (database.version / 10_000, database.version % 10_000);
    let version = format!("{major}.{minor}");
    let corrupts = "A power failure can corrupt the tables. Set it to on, and restart Postgres.";
    let must_be_on = |setting: &'static str, value: &str| match value {
        "on" => Finding::ok(CHECK, setting, value),
        _ => Finding::fail(CHECK, setting, value, corrupts),
    };
    vec![
        if major >= OLDEST {
            Finding::ok(CHECK, "version", version)
        } else {
            Finding::fail(CHECK, "version", version, format!("Install {OLDEST} or newer."))
        },
        must_be_on("fsync", fsync),
        must_be_on("full_page_writes", full_page_writes),
        match synchronous_commit.as_str() {
            "off" => Finding::warn(
                CHECK,
                "synchronous_commit",
                "off",
                "After a power failure, projections fold the last events again. Set it to on to avoid this.",
            ),
            value => Finding::ok(CHECK, "synchronous_commit", value),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{finding::Status, testing::database};

    fn statuses(version: u32, [commit, fsync, pages]: [&str; 3]) -> Vec<Status> {
        let report = DatabaseReport {
            version,
            durability: Durability {
                synchronous_commit: commit.to_owned(),
                fsync: fsync.to_owned(),
                full_page_writes: pages.to_owned(),
            },
            ..database()
        };
        judge(&report).into_iter().map(|finding| finding.status).collect()
    }

    #[test]
    fn what_can_corrupt_fails_and_what_only_repeats_work_warns() {
        use Status::{Fail, Ok, Warn};
        assert_eq!(statuses(160_004, ["on", "on", "on"]), [Ok, Ok, Ok, Ok]);
        assert_eq!(statuses(140_011, ["local", "off", "on"]), [Fail, Fail, Ok, Ok]);
        assert_eq!(statuses(150_000, ["off", "on", "off"]), [Ok, Ok, Fail, Warn]);
    }
}
