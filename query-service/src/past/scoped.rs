//! Opens past states within a scope. History is read from the log, which knows no scopes, so the row of the record decides:
//! what a caller cannot see now, they cannot see as it was either.

use std::marker::PhantomData;

use domain::{
    account::Account, appointment::Appointment, invoice::Invoice, patient::Patient, prescription::Prescription,
};
use log_reader::{History, Journaled};
use read_models::{
    Rows, Scope,
    account::AccountRow,
    appointment::AppointmentRow,
    invoice::InvoiceRow,
    patient::PatientRow,
    prescription::PrescriptionRow,
    table::{Table, TableRow as _},
};
use uuid::Uuid;

use super::{Finder, PastError};

/// An aggregate whose past states can be opened.
pub(crate) trait Owned: Journaled {
    /// The table of its rows, which declares their owners.
    const TABLE: &'static Table;
}

macro_rules! owned {
    ($($aggregate:ty => $row:ty),+ $(,)?) => {
        $(impl Owned for $aggregate {
            const TABLE: &'static Table = <$row>::TABLE;
        })+
    };
}

owned! {
    Account => AccountRow,
    Appointment => AppointmentRow,
    Invoice => InvoiceRow,
    Patient => PatientRow,
    Prescription => PrescriptionRow,
}

/// Reads the histories of one type of aggregate in a scope.
#[derive(Clone, Debug)]
pub(crate) struct ScopedReader<A> {
    finder: Finder,
    scope: Scope,
    of: PhantomData<A>,
}

/// The history of a record in the scope.
pub(crate) struct Opened<'a, A: Journaled> {
    /// The history.
    pub(crate) history: History<A>,
    finder: &'a Finder,
}

impl<A: Owned> ScopedReader<A> {
    /// Reads histories in a scope. A finder without read models opens nothing unless the scope is all records.
    #[must_use]
    pub(crate) const fn new(finder: Finder, scope: Scope) -> Self {
        Self {
            finder,
            scope,
            of: PhantomData,
        }
    }

    /// Opens the history of a record.
    ///
    /// # Errors
    /// As [`Finder::history`]. [`PastError::Unknown`] if there is no such record, or if it is outside the scope.
    pub(crate) async fn open(&self, id: Uuid) -> Result<Opened<'_, A>, PastError> {
        if !self.includes(id).await? {
            return Err(PastError::Unknown);
        }
        let history = self.finder.history::<A>(&id.to_string()).await?;
        if history.is_empty() {
            return Err(PastError::Unknown);
        }
        Ok(Opened {
            history,
            finder: &self.finder,
        })
    }

    async fn includes(&self, id: Uuid) -> Result<bool, PastError> {
        match (self.scope, self.finder.read_models()) {
            (Scope::All, _) => Ok(true),
            (_, None) => Ok(false),
            (scope, Some(pool)) => Ok(Rows::new(pool, scope).include(A::TABLE, id).await?),
        }
    }
}

impl<A: Journaled> Opened<'_, A> {
    /// Returns the history of a record that this one names, and whose data its resource includes.
    ///
    /// # Errors
    /// As [`Finder::history`].
    pub(crate) async fn history_of<B: Journaled>(&self, id: Uuid) -> Result<History<B>, PastError> {
        self.finder.history(&id.to_string()).await
    }
}
