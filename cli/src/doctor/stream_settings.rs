//! Checks that the streams exist with the required settings.

use journal::inspect::{Difference, StreamReport};

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "stream-settings";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let streams = facts.log.iter().flat_map(|log| &log.streams);
    streams
        .filter_map(|stream| match &stream.report {
            Ok(Some(report)) => Some(judge(stream.name, report)),
            Ok(None) => Some(Finding::warn(
                CHECK,
                stream.name,
                "does not exist",
                "The first service that starts creates it. If it existed before, restore it first.",
            )),
            Err(_) => None,
        })
        .collect()
}

fn judge(name: &str, report: &StreamReport) -> Finding {
    let told = report.differences.iter().map(Difference::to_string);
    let told = told.collect::<Vec<_>>().join("; ");
    if report.differences.iter().any(|difference| !difference.is_mended) {
        let advice =
            "No service starts with this stream. Change the settings in NATS, or copy the events to a new stream.";
        Finding::fail(CHECK, name, told, advice)
    } else if told.is_empty() {
        Finding::ok(CHECK, name, "as required")
    } else {
        Finding::warn(CHECK, name, told, "The next start of a service corrects this.")
    }
}
