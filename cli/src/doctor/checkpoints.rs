//! Whether each projection stands within its stream. One that has read further than the stream goes has read another.

use read_models::inspect::Checkpoint;

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "checkpoints";
/// From how many events behind a projection is worth a look.
const FAR_BEHIND_EVENTS: u64 = 10_000;

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let Ok(log) = &facts.log else {
        return Vec::new();
    };
    let end_of = |stream: &str| {
        let stream = log.streams.iter().find(|known| known.name == stream);
        stream.map(|stream| {
            let report = stream.report.as_ref().map_err(|_| ())?;
            Ok::<u64, ()>(report.as_ref().map_or(0, |report| report.last_position))
        })
    };
    let checkpoints = facts.database.iter().flat_map(|database| &database.checkpoints);
    checkpoints
        .filter_map(|checkpoint| match end_of(&checkpoint.stream) {
            Some(Ok(end)) => Some(judge(checkpoint, end)),
            // Another check says that the stream cannot be looked at.
            Some(Err(())) => None,
            None => Some(Finding::warn(
                CHECK,
                &checkpoint.projection,
                format!("reads {}, which this program does not know", checkpoint.stream),
                "A newer program was here. Run that one.",
            )),
        })
        .collect()
}

fn judge(checkpoint: &Checkpoint, end: u64) -> Finding {
    let Checkpoint {
        projection,
        stream,
        position,
    } = checkpoint;
    if *position > end {
        let found = format!("has read {stream} up to {position}, but the stream ends at {end}");
        let advice = "The log is not the one that was read, or has lost its end. Restore the newer log. If there is none, \
                      give the services an empty database, which is folded from the log that is left.";
        return Finding::fail(CHECK, projection, found, advice);
    }
    let found = format!("has read {stream} up to {position} of {end}");
    if end - position >= FAR_BEHIND_EVENTS {
        let advice = "It catches up while it runs. If it does not, its reason is in `/health/ready`.";
        return Finding::warn(CHECK, projection, found, advice);
    }
    Finding::ok(CHECK, projection, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    #[test]
    fn beyond_the_end_fails_and_far_behind_warns() {
        let status = |position, end| {
            let checkpoint = Checkpoint {
                projection: "patient".to_owned(),
                stream: "PATIENTS".to_owned(),
                position,
            };
            judge(&checkpoint, end).status
        };
        assert_eq!(status(7, 7), Status::Ok);
        assert_eq!(status(0, 9_999), Status::Ok);
        assert_eq!(status(0, 10_000), Status::Warn);
        assert_eq!(status(8, 7), Status::Fail);
        assert_eq!(status(1, 0), Status::Fail);
    }
}
