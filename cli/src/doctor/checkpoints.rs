//! Checks that no projection has read beyond the end of its stream, which means that it read another log.

use read_models::inspect::Checkpoint;

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "checkpoints";
/// The lag from which a projection gets a warning.
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
            // The check `reach` reports that the stream cannot be inspected.
            Some(Err(())) => None,
            None => Some(Finding::warn(
                CHECK,
                &checkpoint.projection,
                format!("reads {}, which this program does not know", checkpoint.stream),
                "A newer program created it. Run that program.",
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
        let advice = "The projection read another log, or the log lost its end. Restore the newer log. If there is none, give \
                      the services an empty database: they rebuild it from this log.";
        return Finding::fail(CHECK, projection, found, advice);
    }
    let found = format!("has read {stream} up to {position} of {end}");
    if end - position >= FAR_BEHIND_EVENTS {
        let advice = "A running projection catches up. If it does not, `/health/ready` and `anamnesis projections` show the reason.";
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
