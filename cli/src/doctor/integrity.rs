//! Checks whether the server itself reports lost events. Only `anamnesis verify` can show that nothing is lost.

use indicatif::HumanBytes;
use journal::inspect::StreamReport;

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "integrity";
const ADVICE: &str = "Stop the services. Run `anamnesis verify` to see which events are missing. Restore the stream from a \
                      backup or an intact replica.";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    facts.streams().map(|(name, report)| judge(name, report)).collect()
}

fn judge(name: &str, report: &StreamReport) -> Finding {
    if report.lost_bytes > 0 {
        let lost = HumanBytes(report.lost_bytes);
        let found = format!("the server lost {lost} when it opened the files");
        return Finding::fail(CHECK, name, found, ADVICE);
    }
    // Commits are never deleted, so their number equals the last sequence.
    if report.deleted > 0 || report.commits != report.last_position {
        let found = format!("{} commits up to sequence {}", report.commits, report.last_position);
        return Finding::fail(CHECK, name, found, ADVICE);
    }
    Finding::ok(CHECK, name, format!("{} commits, no known losses", report.commits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{finding::Status, testing::stream};

    #[test]
    fn losses_gaps_and_insertions_fail() {
        let whole = stream();
        assert_eq!(judge("S", &whole).status, Status::Ok);
        for damaged in [
            StreamReport {
                lost_bytes: 1,
                ..whole.clone()
            },
            StreamReport {
                deleted: 1,
                ..whole.clone()
            },
            StreamReport {
                commits: whole.commits - 1,
                ..whole.clone()
            },
        ] {
            assert_eq!(judge("S", &damaged).status, Status::Fail, "{damaged:?}");
        }
    }
}
