//! The plan of the rebuild benchmark.

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The minimum number of events in the log.
    pub events: u64,
    /// The number of workers that fold a projection.
    pub workers: usize,
    /// The number of rounds. The figures are medians.
    pub rounds: usize,
    /// Further sizes of the log, to see whether a rebuild slows down.
    pub sizes: Vec<u64>,
    /// The size of the log for the comparison with the peers.
    pub peer_events: u64,
}

impl Plan {
    /// The sizes of all clinics. The size of the figures comes first. The size of the peers is left out without peers.
    pub(super) fn clinics(&self, with_peers: bool) -> Vec<u64> {
        let mut clinics = vec![self.events];
        let peers = Some(self.peer_events).filter(|_| with_peers);
        for events in self.sizes.iter().copied().chain(peers) {
            if !clinics.contains(&events) {
                clinics.push(events);
            }
        }
        clinics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_is_made_once_and_the_peers_only_for_peers() {
        let plan = Plan {
            events: 1_000,
            workers: 1,
            rounds: 1,
            sizes: vec![500, 1_000, 5_000],
            peer_events: 200,
        };
        assert_eq!(plan.clinics(false), [1_000, 500, 5_000]);
        assert_eq!(plan.clinics(true), [1_000, 500, 5_000, 200]);
        let beside = Plan {
            peer_events: 500,
            ..plan
        };
        assert_eq!(
            beside.clinics(true),
            [1_000, 500, 5_000],
            "the peers rebuild in the second one"
        );
    }
}
