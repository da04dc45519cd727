//! Parses a body's fields into values and collects what is wrong with them, so that one answer names every fault.

use domain::values::{Change, Invalid};
use http_edge::{Problem, problem::types::VALIDATION_FAILED};
use serde::{Deserialize, Deserializer};

/// The faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Invalid)>);

impl Fields {
    /// Takes a value, or notes what is wrong with the field.
    pub(crate) fn check<T>(&mut self, pointer: &str, parsed: Result<T, Invalid>) -> Option<T> {
        parsed
            .map_err(|invalid| self.0.push((pointer.to_owned(), invalid)))
            .ok()
    }

    /// Notes what is wrong with a field.
    pub(crate) fn refuse(&mut self, pointer: &str, invalid: Invalid) {
        self.0.push((pointer.to_owned(), invalid));
    }

    /// Takes an optional value.
    pub(crate) fn optional<I, T>(
        &mut self,
        pointer: &str,
        given: Option<I>,
        parse: impl FnOnce(I) -> Result<T, Invalid>,
    ) -> Option<T> {
        given.and_then(|given| self.check(pointer, parse(given)))
    }

    /// Takes what a change says of a field: not named, `null`, or a value.
    pub(crate) fn change<I, T>(
        &mut self,
        pointer: &str,
        given: Option<Option<I>>,
        parse: impl FnOnce(I) -> Result<T, Invalid>,
    ) -> Change<T> {
        match given {
            None => Change::Keep,
            Some(None) => Change::Clear,
            Some(Some(given)) => self.check(pointer, parse(given)).map_or(Change::Keep, Change::Set),
        }
    }

    /// Takes what a change says of a field that always has a value: not named, or a value. `null` is a fault.
    pub(crate) fn replacement<I, T>(
        &mut self,
        pointer: &str,
        given: Option<Option<I>>,
        parse: impl FnOnce(I) -> Result<T, Invalid>,
    ) -> Option<T> {
        let parsed = given?.map_or(Err(Invalid("must not be null")), parse);
        self.check(pointer, parsed)
    }

    /// The whole, if nothing was wrong; otherwise a problem that names every fault. `whole` is `None` only when a
    /// fault was noted.
    pub(crate) fn finish<T>(self, whole: Option<T>) -> Result<T, Problem> {
        match whole {
            Some(whole) if self.0.is_empty() => Ok(whole),
            _ => Err(self
                .0
                .into_iter()
                .fold(Problem::new(&VALIDATION_FAILED), |problem, (pointer, invalid)| {
                    problem.field(pointer, invalid.0)
                })),
        }
    }
}

/// Tells a field that is `null` (`Some(None)`) from one that is not named (`None`, by `#[serde(default)]`).
pub(crate) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
