//! Medians over rounds. One disturbed round changes an average, but not a median.

/// The median; for an even number of values, the mean of the middle two. `None` without values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 0 => Some(f64::midpoint(values[middle - 1], values[middle])),
        _ => Some(values[middle]),
    }
}

/// The median of the ratios of values from the same round, because a disturbance affects both. Each value comes with
/// its round.
pub(crate) fn median_ratio(ours: &[(usize, f64)], theirs: &[(usize, f64)]) -> Option<f64> {
    let ratios = ours.iter().filter_map(|(round, ours)| {
        let (_, theirs) = theirs.iter().find(|(other, theirs)| other == round && *theirs > 0.0)?;
        Some(ours / theirs)
    });
    median(ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0, 1.0, 100.0]), Some(3.0));
        assert_eq!(median([4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn ratios_are_made_within_a_round() {
        // In the second round, both ran at half the speed. In the third round, only one was measured.
        let ours = [(1, 80.0), (2, 40.0), (3, 1.0)];
        let theirs = [(2, 50.0), (1, 100.0), (4, 0.0)];
        assert_eq!(median_ratio(&ours, &theirs), Some(0.8));
        assert_eq!(median_ratio(&ours, &[]), None);
    }
}
