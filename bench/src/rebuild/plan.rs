//! What a run of the rebuild benchmark is to measure.

/// What a run is to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// From how many events is rebuilt.
    pub events: u64,
    /// In how many parts a version is folded.
    pub workers: usize,
    /// How often everything is measured; the figures are medians.
    pub rounds: usize,
    /// From how many events is rebuilt besides, to see whether it slows down; none leaves that out.
    pub sizes: Vec<u64>,
    /// From how many events the peers rebuild, and we beside them.
    pub peer_events: u64,
}

impl Plan {
    /// The sizes of all clinics, the one that the figures are about first. The peers' is left out when there are none.
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
