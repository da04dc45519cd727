//! Chooses one of several elements by `period`, `rank` and `use`, never silently by position.

use chrono::{DateTime, Utc};

use super::elements::Period;

/// A repeated element. One occurrence is chosen.
pub(super) trait Choosable {
    fn used_for(&self) -> Option<&str>;
    fn period(&self) -> Option<&Period>;
    /// The preference: 1 is the highest.
    fn rank(&self) -> Option<u32> {
        None
    }
    /// Whether it is worse than all others that hold.
    fn is_makeshift(&self) -> bool {
        false
    }
}

/// The sort key of an element: the lowest is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    has_ended: bool,
    is_makeshift: bool,
    rank: u32,
    used_for: usize,
    /// Negated, so that the latest start is the best.
    age: i64,
}

/// Sorted elements. In a tie, only the order in the file put the first before the second.
#[derive(Debug)]
pub(super) struct Ranked<'a, T> {
    pub(super) best_first: Vec<&'a T>,
    pub(super) is_tie: bool,
}

/// Sorts elements. Elements that have ended come last.
pub(super) fn ranked<'a, T: Choosable>(
    elements: impl IntoIterator<Item = &'a T>,
    uses: &[Option<&str>],
    now: DateTime<Utc>,
) -> Ranked<'a, T> {
    let standing = |element: &T| {
        let used_for = element.used_for();
        let start = element.period().and_then(|period| period.start.as_ref());
        Standing {
            has_ended: has_ended(element, now),
            is_makeshift: element.is_makeshift(),
            rank: element.rank().unwrap_or(u32::MAX),
            used_for: uses
                .iter()
                .position(|preferred| *preferred == used_for)
                .unwrap_or(uses.len()),
            age: start.map_or(i64::MAX, |start| -start.earliest().timestamp()),
        }
    };
    let mut standings: Vec<(Standing, &T)> = elements
        .into_iter()
        .map(|element| (standing(element), element))
        .collect();
    standings.sort_by_key(|(standing, _)| *standing);
    let is_tie = matches!(standings.as_slice(), [(first, _), (second, _), ..] if first == second);
    Ranked {
        best_first: standings.into_iter().map(|(_, element)| element).collect(),
        is_tie,
    }
}

/// Whether an element is old, has ended or has not begun.
pub(super) fn has_ended(element: &impl Choosable, now: DateTime<Utc>) -> bool {
    let is_old = matches!(element.used_for(), Some("old" | "maiden"));
    is_old || element.period().is_some_and(|period| !period.holds_at(now))
}
