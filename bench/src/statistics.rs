//! Medians over rounds. One disturbed round moves an average, and not a median.

/// The middle value; of an even number of values, the mean of the two in the middle. Nothing of nothing.
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

/// The median of the ratios of values measured in the same round: what disturbs a round disturbs both. Each value comes
/// with its round.
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
        // The second round ran at half the speed for both, and the third was measured of one only.
        let ours = [(1, 80.0), (2, 40.0), (3, 1.0)];
        let theirs = [(2, 50.0), (1, 100.0), (4, 0.0)];
        assert_eq!(median_ratio(&ours, &theirs), Some(0.8));
        assert_eq!(median_ratio(&ours, &[]), None);
    }
}
