//! Checks that the clocks of this machine, NATS and Postgres agree. Rules about the present and the times of events depend
//! on them.

use super::{clock_offset::ClockOffset, facts::Facts, finding::Finding};

const CHECK: &str = "clocks";
/// The offsets from which the check warns and fails.
const NOTICEABLE_MS: i64 = 500;
const WRONG_MS: i64 = 10_000;
const ADVICE: &str = "Synchronize the clocks of all machines with the same NTP source.";

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
            return Finding::warn(CHECK, item, found, "Compare the clocks of the machines manually.");
        }
    };
    let found = format!("offset from this machine: {offset_ms} ms ± {uncertainty_ms} ms");
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
