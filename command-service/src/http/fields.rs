//! Parses the fields of a body into domain values and collects all errors, so that one response names every invalid
//! field.

use domain::values::{Change, Invalid};
use http_edge::{Problem, problem::types::VALIDATION_FAILED};
use serde::{Deserialize, Deserializer};

/// The errors found so far.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Invalid)>);

impl Fields {
    /// Returns a parsed value, or records the error of the field.
    pub(crate) fn check<T>(&mut self, pointer: &str, parsed: Result<T, Invalid>) -> Option<T> {
        parsed
            .map_err(|invalid| self.0.push((pointer.to_owned(), invalid)))
            .ok()
    }

    /// Records the error of a field.
    pub(crate) fn refuse(&mut self, pointer: &str, invalid: Invalid) {
        self.0.push((pointer.to_owned(), invalid));
    }

    /// Parses an optional field.
    pub(crate) fn optional<I, T>(
        &mut self,
        pointer: &str,
        given: Option<I>,
        parse: impl FnOnce(I) -> Result<T, Invalid>,
    ) -> Option<T> {
        given.and_then(|given| self.check(pointer, parse(given)))
    }

    /// Parses an optional field of a change: omitted, `null`, or a value.
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

    /// Parses a mandatory field of a change: omitted, or a value. `null` is an error.
    pub(crate) fn replacement<I, T>(
        &mut self,
        pointer: &str,
        given: Option<Option<I>>,
        parse: impl FnOnce(I) -> Result<T, Invalid>,
    ) -> Option<T> {
        let parsed = given?.map_or(Err(Invalid("must not be null")), parse);
        self.check(pointer, parsed)
    }

    /// Returns `whole` if there were no errors; otherwise a problem that names all of them. `whole` is `None` only if
    /// an error was recorded.
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

/// Distinguishes a `null` field (`Some(None)`) from an omitted one (`None`, by `#[serde(default)]`).
pub(crate) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
