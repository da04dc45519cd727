//! Whether the clocks agree: this machine's, NATS' and Postgres'. Rules about the present, and the order in which people
//! read events, hang on them.

use super::{clock_offset::ClockOffset, facts::Facts, finding::Finding};

const CHECK: &str = "clocks";
/// From how far apart clocks are worth a look, and are wrong.
const NOTICEABLE_MS: i64 = 500;
const WRONG_MS: i64 = 10_000;
const ADVICE: &str = "Let all machines set their clocks by the same source (NTP).";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    facts.clocks.iter().map(|(item, offset)| judge(item, offset)).collect()
}

fn judge(item: &str, offset: &Result<ClockOffset, String>) -> Finding {
    let ClockOffset {
        offset_ms,
        uncertainty_ms,
    } = match offset {
        Ok(offset) => *offset,
        Err(reason) => {
            let found = format!("unknown: {reason}");
            return Finding::warn(CHECK, item, found, "Compare the clocks of the machines by hand.");
        }
    };
    let found = format!("{offset_ms} ms from this machine's, give or take {uncertainty_ms} ms");
    let certain_ms = offset_ms.saturating_abs() - uncertainty_ms;
    if certain_ms >= WRONG_MS {
        Finding::fail(CHECK, item, found, ADVICE)
    } else if certain_ms >= NOTICEABLE_MS {
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
    fn clocks_drift_apart_in_two_steps_and_a_slow_answer_proves_nothing() {
        let status = |offset_ms, uncertainty_ms| {
            let offset = ClockOffset {
                offset_ms,
                uncertainty_ms,
            };
            judge("nats", &Ok(offset)).status
        };
        assert_eq!(status(-499, 0), Status::Ok);
        assert_eq!(status(-500, 0), Status::Warn);
        assert_eq!(status(700, 300), Status::Ok);
        assert_eq!(status(11_000, 1_000), Status::Fail);
        assert_eq!(judge("nats", &Err("not allowed".to_owned())).status, Status::Warn);
    }
}
