//! Reads the visibility histogram of the service under test from its metrics.

use std::collections::BTreeMap;

use serde::Serialize;

const BUCKETS: &str = "projection_visible_seconds_bucket{";

/// The buckets of every projection: the number of events that took at most this many seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Histograms(BTreeMap<String, Vec<(f64, f64)>>);

/// The histogram of a projection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Told {
    pub(super) projection: String,
    /// The number of its events.
    pub(super) events: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

impl Histograms {
    /// Parses the histograms in a page of metrics in the Prometheus text format.
    pub(super) fn read(page: &str) -> Self {
        let mut all: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        let lines = page.lines().filter_map(|line| line.strip_prefix(BUCKETS));
        for line in lines {
            let Some((labels, count)) = line.rsplit_once("} ") else {
                continue;
            };
            let (projection, bound) = (label(labels, "projection"), label(labels, "le"));
            let bound = bound.and_then(|bound| bound.replace("+Inf", "inf").parse().ok());
            if let (Some(projection), Some(bound), Ok(count)) = (projection, bound, count.parse()) {
                all.entry(projection.to_owned()).or_default().push((bound, count));
            }
        }
        Self(all)
    }

    /// The difference from an earlier reading, by projection.
    pub(super) fn since(&self, before: &Self) -> Vec<Told> {
        let of_projection = |(projection, buckets): (&String, &Vec<(f64, f64)>)| {
            let earlier = before.0.get(projection);
            let earlier = |at: usize| {
                earlier
                    .and_then(|buckets| buckets.get(at))
                    .map_or(0.0, |(_, count)| *count)
            };
            let added = buckets.iter().enumerate();
            let added: Vec<(f64, f64)> = added
                .map(|(at, (bound, count))| (*bound, count - earlier(at)))
                .collect();
            let events = added.last().map_or(0.0, |(_, count)| *count);
            (events > 0.0).then(|| Told {
                projection: projection.clone(),
                events,
                p50_ms: quantile(&added, 0.5) * 1_000.0,
                p99_ms: quantile(&added, 0.99) * 1_000.0,
            })
        };
        self.0.iter().filter_map(of_projection).collect()
    }
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let mut all = labels.split(',').filter_map(|label| label.split_once('='));
    all.find(|(found, _)| *found == name)
        .map(|(_, value)| value.trim_matches('"'))
}

/// As `histogram_quantile` of Prometheus: linear within a bucket, and the highest finite bound beyond it.
fn quantile(buckets: &[(f64, f64)], share: f64) -> f64 {
    let rank = buckets.last().map_or(0.0, |(_, count)| *count) * share;
    let (mut low, mut below) = (0.0, 0.0);
    for (bound, count) in buckets {
        if *count >= rank && count > &below {
            if bound.is_infinite() {
                return low;
            }
            return low + (bound - low) * (rank - below) / (count - below);
        }
        (low, below) = (*bound, *count);
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(counts: [u32; 4]) -> String {
        let lines = ["0.001", "0.005", "0.01", "+Inf"].into_iter().zip(counts);
        let lines: Vec<String> = lines
            .map(|(bound, count)| format!("{BUCKETS}projection=\"patient\",le=\"{bound}\"}} {count}"))
            .collect();
        format!("# TYPE x histogram\nother_bucket{{le=\"1\"}} 7\n{}\n", lines.join("\n"))
    }

    #[test]
    fn what_was_added_is_told_between_the_bounds() {
        let before = Histograms::read(&page([100, 100, 100, 100]));
        let after = Histograms::read(&page([100, 200, 200, 200]));
        let told = after.since(&before);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].projection.as_str(), told[0].events), ("patient", 100.0));
        assert!((told[0].p50_ms - 3.0).abs() < 1e-9, "{told:?}");
        assert!((told[0].p99_ms - 4.96).abs() < 1e-9, "{told:?}");
        assert_eq!(after.since(&after), []);
    }

    #[test]
    fn what_lies_beyond_the_last_bound_is_told_as_that() {
        let told = Histograms::read(&page([0, 0, 0, 9])).since(&Histograms::default());
        assert!((told[0].p99_ms - 10.0).abs() < 1e-9, "{told:?}");
    }
}
