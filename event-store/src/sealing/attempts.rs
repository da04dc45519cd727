//! Repeated attempts at a key that other processes change at the same moment.

use std::time::Duration;

/// How often a key is looked up again when other processes create or destroy it at the same moment, and the first
/// pause before that. Each further pause is twice as long. The leader of a cluster refuses the second write as soon
/// as it has accepted the first, but shows the first only when the other replicas have stored it.
pub(super) const MAX_ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(4);

/// Waits before a further attempt at a key that other processes are changing. The first attempt does not wait.
pub(super) async fn pause_before(attempt: u32) {
    if let Some(earlier) = attempt.checked_sub(1) {
        tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(earlier)).await;
    }
}
