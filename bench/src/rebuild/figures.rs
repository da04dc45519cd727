//! The figures of the rebuild benchmark, made of what a run has measured.

use super::{
    outcome::{Outcome, Size},
    part::Deed,
};
use crate::{
    Figure, Goal,
    statistics::{median, median_ratio},
};

/// The sizes that the figure of growth belongs to, in events asked for.
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
        rate(size).map(|rate| Figure::new("rebuild.events_per_s", rate, "events/s", Goal::AtLeast(50_000.0))),
        of_limit.map(|ratio| Figure::new("rebuild.of_limit", ratio, "ratio", Goal::AtLeast(0.5))),
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

fn growth(outcome: &Outcome) -> Option<f64> {
    let of = |asked| outcome.sizes.iter().find(|size| size.asked == asked).and_then(rate);
    Some(of(GROWN_EVENTS)? / of(YOUNG_EVENTS)?)
}
