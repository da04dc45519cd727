//! The figures of the rebuild benchmark.

use super::{
    outcome::{Outcome, Size},
    part::Deed,
};
use crate::{
    Figure, Goal,
    statistics::{median, median_ratio},
};

/// The sizes for the figure of growth, in requested events.
const YOUNG_EVENTS: u64 = 100_000;
const GROWN_EVENTS: u64 = 5_000_000;

pub(super) fn of(outcome: &Outcome) -> Vec<Figure> {
    let Some(size) = outcome.sizes.first() else {
        return Vec::new();
    };
    let of_limit = median_ratio(&size.rates(Deed::Rebuild), &size.limits());
    let rss_mb = outcome
        .sizes
        .iter()
        .flat_map(|size| size.of(Deed::Rebuild, |measured| measured.rss_mb));
    let figures = [
        rate(size).map(|rate| Figure::new("rebuild.events_per_s", rate, "events/s", Goal::AtLeast(150_000.0))),
        of_limit.map(|ratio| Figure::new("rebuild.of_limit", ratio, "ratio", Goal::AtLeast(0.5))),
        of_best_peer(outcome).map(|ratio| Figure::new("rebuild.of_best_peer", ratio, "ratio", Goal::MoreThan(1.0))),
        growth(outcome).map(|ratio| Figure::new("rebuild.growth_5m", ratio, "ratio", Goal::AtLeast(0.9))),
        rss_mb
            .max_by(f64::total_cmp)
            .map(|most| Figure::new("rebuild.rss_mb", most, "MB", Goal::AtMost(512.0))),
    ];
    figures.into_iter().flatten().collect()
}

fn rate(size: &Size) -> Option<f64> {
    median(size.rates(Deed::Rebuild).into_iter().map(|(_, rate)| rate))
}

/// Our rate as a multiple of the best peer's, at the size of the peers: the smallest multiple. Only if all peers ran.
fn of_best_peer(outcome: &Outcome) -> Option<f64> {
    let multiples = |size: &Size| -> Option<Vec<f64>> {
        let of = |peer| median_ratio(&size.rates(Deed::Rebuild), &size.rates(peer));
        Deed::PEERS.into_iter().map(of).collect()
    };
    let multiples = outcome.sizes.iter().find_map(multiples)?;
    multiples.into_iter().min_by(f64::total_cmp)
}

fn growth(outcome: &Outcome) -> Option<f64> {
    let of = |asked| outcome.sizes.iter().find(|size| size.asked == asked).and_then(rate);
    Some(of(GROWN_EVENTS)? / of(YOUNG_EVENTS)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rebuild::{outcome::Row, part::PartMeasured, seed::Clinic};

    fn size(asked: u64, rates: &[(usize, Deed, f64)]) -> Size {
        let row = |(round, deed, events_per_second): &(usize, Deed, f64)| Row {
            round: *round,
            deed: *deed,
            events_per_second: *events_per_second,
            measured: PartMeasured::default(),
        };
        Size {
            asked,
            clinic: Clinic {
                events: asked,
                patients: 1,
                appointments: 1,
            },
            seeding_seconds: 1.0,
            cells: rates.iter().map(row).collect(),
        }
    }

    #[test]
    fn the_limit_is_the_slower_of_the_two_in_its_own_round() {
        let rates = [
            (1, Deed::Rebuild, 60.0),
            (1, Deed::Read, 100.0),
            (1, Deed::Copy, 900.0),
            (2, Deed::Copy, 40.0),
            (2, Deed::Read, 50.0),
            (2, Deed::Rebuild, 36.0),
        ];
        assert_eq!(size(1, &rates).limits(), [(1, 100.0), (2, 40.0)]);
        let sizes = vec![size(1_000_000, &rates)];
        let figures = of(&Outcome { sizes });
        let values: Vec<_> = figures.iter().map(|figure| (figure.name, figure.value)).collect();
        assert_eq!(values, [("rebuild.events_per_s", 48.0), ("rebuild.of_limit", 0.75)]);
    }

    #[test]
    fn growth_is_told_where_both_sizes_were_measured() {
        let of_size = |asked, rate| size(asked, &[(1, Deed::Rebuild, rate)]);
        let mut outcome = Outcome {
            sizes: vec![of_size(1_000_000, 70.0), of_size(YOUNG_EVENTS, 80.0)],
        };
        assert_eq!(growth(&outcome), None);
        outcome.sizes.push(of_size(GROWN_EVENTS, 60.0));
        assert_eq!(growth(&outcome), Some(0.75));
    }

    #[test]
    fn the_best_peer_is_the_one_that_leaves_us_the_least_in_the_same_rounds() {
        let [one, other] = Deed::PEERS;
        let mut rates = vec![
            (1, Deed::Rebuild, 90.0),
            (1, one, 9.0),
            (2, one, 2.0),
            // This round ran at half the speed.
            (2, Deed::Rebuild, 45.0),
        ];
        let large = || size(1_000_000, &[(1, Deed::Rebuild, 70.0)]);
        let sizes = vec![large(), size(200, &rates)];
        assert_eq!(of_best_peer(&Outcome { sizes }), None, "one peer is missing");
        rates.extend([(2, other, 7.5), (1, other, 15.0)]);
        let sizes = vec![large(), size(200, &rates)];
        assert_eq!(of_best_peer(&Outcome { sizes }), Some(6.0));
    }
}
