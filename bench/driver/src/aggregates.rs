//! Chooses the aggregates of the clients, and ends aggregates after some events.

use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// An aggregate at this version is closed and replaced by a new one. Otherwise a hot aggregate would measure how long a
/// history can be read, and the fastest system would be penalized most.
pub const LIFE_EVENTS: u64 = 100;

/// How clients choose aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// All aggregates with the same probability.
    Uniform,
    /// By Zipf's law with exponent 1: the second half as often as the first, the third a third as often.
    Zipf,
    /// All clients use the same aggregate.
    Hot,
}

impl Distribution {
    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Zipf => "zipf",
            Self::Hot => "hot",
        }
    }
}

/// The aggregates of a cell. Clients choose slots. Each slot holds one aggregate at a time.
#[derive(Debug)]
pub struct Aggregates {
    label: String,
    /// The number of closed aggregates of each slot.
    closed: Vec<AtomicU64>,
    /// The cumulative weights of the slots, ending with 1; empty if all weights are equal.
    cumulated: Vec<f64>,
}

/// A slot, and its aggregate at the time of the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    index: usize,
    closed: u64,
}

impl Aggregates {
    /// Creates the aggregates of a cell. The label makes their ids unique among cells.
    #[must_use]
    pub fn new(label: &str, count: usize, distribution: Distribution) -> Self {
        let count = if distribution == Distribution::Hot {
            1
        } else {
            count.max(1)
        };
        let cumulated = match distribution {
            Distribution::Uniform | Distribution::Hot => Vec::new(),
            Distribution::Zipf => zipf(count),
        };
        Self {
            label: label.to_owned(),
            closed: (0..count).map(|_| AtomicU64::new(0)).collect(),
            cumulated,
        }
    }

    /// Chooses a slot.
    pub fn choose(&self, random: &mut Rng) -> Slot {
        let index = if self.cumulated.is_empty() {
            random.usize(..self.closed.len())
        } else {
            let point = random.f64();
            self.cumulated
                .partition_point(|up_to| *up_to <= point)
                .min(self.closed.len() - 1)
        };
        self.current(index)
    }

    /// The current aggregate of a slot. Another client may have closed the chosen one.
    #[must_use]
    pub fn refreshed(&self, slot: Slot) -> Slot {
        self.current(slot.index)
    }

    /// The id of the aggregate in a slot: letters, digits and `-`.
    #[must_use]
    pub fn id(&self, slot: Slot) -> String {
        format!("{}-{}-{}", self.label, slot.index, slot.closed)
    }

    /// Records that the aggregate in a slot has reached a version, and closes it at the final version.
    pub fn reached(&self, slot: Slot, version: u64) {
        if version >= LIFE_EVENTS {
            // The second client finds it closed.
            let _ = self.closed[slot.index].compare_exchange(
                slot.closed,
                slot.closed + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    /// The ids of the first aggregates of all slots.
    #[must_use]
    pub fn first_ids(&self) -> Vec<String> {
        (0..self.closed.len())
            .map(|index| self.id(Slot { index, closed: 0 }))
            .collect()
    }

    fn current(&self, index: usize) -> Slot {
        Slot {
            index,
            closed: self.closed[index].load(Ordering::Relaxed),
        }
    }
}

fn zipf(count: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=count)
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect();
    sums.into_iter().map(|up_to| up_to / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(distribution: Distribution, slots: usize, draws: usize) -> Vec<usize> {
        let aggregates = Aggregates::new("t", slots, distribution);
        let mut random = Rng::with_seed(7);
        let mut counts = vec![0; slots];
        for _ in 0..draws {
            counts[aggregates.choose(&mut random).index] += 1;
        }
        counts
    }

    #[test]
    fn by_zipfs_law_a_rank_is_chosen_as_often_as_its_inverse_says() {
        const SLOTS: usize = 1_000;
        const DRAWS: usize = 1_000_000;
        let counts = counts(Distribution::Zipf, SLOTS, DRAWS);
        let harmonic: f64 = (1..=SLOTS).map(|rank| 1.0 / rank as f64).sum();
        for rank in [1, 2, 3, 10, 100] {
            let expected = DRAWS as f64 / (rank as f64 * harmonic);
            let found = counts[rank - 1] as f64;
            // Five standard deviations.
            assert!(
                (found - expected).abs() < 5.0 * expected.sqrt(),
                "rank {rank}: {found}, not {expected}"
            );
        }
        assert!(counts[SLOTS - 1] > 0, "the last is chosen too");
    }

    #[test]
    fn uniformly_all_are_chosen_alike_and_hot_is_one() {
        let uniform = counts(Distribution::Uniform, 10, 100_000);
        assert!(
            uniform.iter().all(|count| (9_500..10_500).contains(count)),
            "{uniform:?}"
        );
        assert_eq!(Aggregates::new("t", 10, Distribution::Hot).first_ids(), ["t-0-0"]);
    }

    #[test]
    fn a_full_aggregate_is_followed_by_a_fresh_one_once() {
        let aggregates = Aggregates::new("t", 1, Distribution::Hot);
        let slot = aggregates.choose(&mut Rng::with_seed(1));
        aggregates.reached(slot, LIFE_EVENTS - 1);
        assert_eq!(aggregates.refreshed(slot), slot);
        aggregates.reached(slot, LIFE_EVENTS);
        // A second client that saw the same end.
        aggregates.reached(slot, LIFE_EVENTS);
        assert_eq!(aggregates.id(aggregates.refreshed(slot)), "t-0-1");
    }
}
