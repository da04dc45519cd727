//! Carries out records: executes their commands, falls back if a command refuses an optional part, and compares records with
//! stored ones.

mod encounter;
mod medication_request;
mod patient;
mod practitioner;

use commands::Refusal;

use super::{
    error::ImportError,
    executor::Executor,
    fate::Fate,
    fhir::{Notes, What},
};

/// The record of a resource.
pub(super) trait Record: Sized + Send {
    /// Values that only one record can have. Records that claim the same value are carried out in order.
    fn claims(&self) -> Vec<String> {
        Vec::new()
    }

    /// Carries the record out. If `may_wait`, it can be returned to wait for another record.
    ///
    /// # Errors
    /// The log is unavailable.
    fn carry_out(
        self,
        executor: &Executor,
        notes: &mut Notes,
        may_wait: bool,
    ) -> impl Future<Output = Result<Carried<Self>, ImportError>> + Send;

    /// Records that the person is inactive or deceased, if they are.
    ///
    /// # Errors
    /// The log is unavailable.
    fn settle(self, _executor: &Executor) -> impl Future<Output = Result<(), ImportError>> + Send {
        async { Ok(()) }
    }
}

/// The outcome for a record.
#[derive(Debug)]
pub(super) enum Carried<T> {
    Done(Fate),
    /// It waits for another record.
    Later(T),
}

impl<T> Carried<T> {
    fn refused(reason: impl ToString) -> Self {
        Self::Done(Fate::Refused(reason.to_string()))
    }
}

/// Notes that a record is kept, although a person in it is inactive or deceased. `practitioner` is the element that names
/// the practitioner.
fn note_departed(practitioner: &'static str, refusal: &Refusal, notes: &mut Notes) {
    let element = match refusal {
        Refusal::Patient(_) => "subject",
        _ => practitioner,
    };
    notes.add(element, What::Changed, format_args!("kept, although {refusal}"));
}

/// The elements whose comparison is true.
fn differing(compared: impl IntoIterator<Item = (&'static str, bool)>) -> Vec<&'static str> {
    compared
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(element, _)| element)
        .collect()
}

/// Whether the source has a value that differs from the stored one. A missing value does not differ.
fn is_another<T: PartialEq>(told: Option<&T>, present: Option<&T>) -> bool {
    told.is_some() && told != present
}
