//! The catalogue of projections by name, for following, rebuilding, verifying, retrying and reporting.

use std::{collections::BTreeSet, sync::OnceLock};

use domain::{appointment::Appointment, prescription::Prescription};
use futures_util::future::{BoxFuture, FutureExt as _};
use log_reader::{Context, FollowedEvent};
use read_models::{
    PgConnection, ProjectedRow as _,
    parked::{Blocked, NewParked},
};
use uuid::Uuid;

use crate::{
    fault::Fault,
    fold::{Concerning, fold},
    projector::{Aggregates, Folds, Projector, Typed},
    projectors::{
        AccountProjector, AppointmentProjector, CachedPatientProjector, CareProjector, EventIndex, IndexedStream,
        InvoiceProjector, LedgerProjector, PatientProjector, PaymentProjector, PractitionerProjector,
        PrescriptionProjector, event_index,
    },
};

/// All projections. Those that others read come first. An entry in this list registers a projection.
pub static ALL: [Projection; 15] = [
    Projection::of::<PatientProjector>(),
    Projection::of::<CachedPatientProjector>(),
    Projection::of::<PractitionerProjector>(),
    Projection::of::<AppointmentProjector>(),
    Projection::of::<PrescriptionProjector>(),
    Projection::of::<CareProjector<Appointment>>(),
    Projection::of::<CareProjector<Prescription>>(),
    Projection::of::<AccountProjector>(),
    Projection::of::<LedgerProjector>(),
    Projection::of::<PaymentProjector>(),
    Projection::of::<InvoiceProjector>(),
    Projection::index::<event_index::Patients>(),
    Projection::index::<event_index::Scheduling>(),
    Projection::index::<event_index::Prescribing>(),
    Projection::index::<event_index::Billing>(),
];

type Concern = for<'a> fn(&'a FollowedEvent) -> Option<Concerning<'a>>;
type Fold = for<'a> fn(
    &'a mut PgConnection,
    Rows,
    &'a [Concerning<'a>],
    &'a mut Blocked,
) -> BoxFuture<'a, Result<Vec<NewParked>, Fault>>;

/// The rows to fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// The live rows. Their effects on other tables are written too.
    Live,
    /// A copy.
    Copied,
}

/// A projection, independent of its row type.
#[derive(Debug)]
pub struct Projection {
    name: &'static str,
    check: OnceLock<String>,
    context: Context,
    aggregates: Aggregates,
    version: u32,
    listed: Option<&'static str>,
    concern: Concern,
    fold: Fold,
}

impl Projection {
    const fn of<P: Projector>() -> Self {
        Self::folded_by::<Typed<P>>()
    }

    const fn index<S: IndexedStream>() -> Self {
        Self::folded_by::<EventIndex<S>>()
    }

    const fn folded_by<P: Folds>() -> Self {
        Self {
            name: P::NAME,
            check: OnceLock::new(),
            context: P::CONTEXT,
            aggregates: P::AGGREGATES,
            version: P::VERSION,
            listed: P::Row::LISTED,
            concern: |event| Concerning::new::<P>(event),
            fold: |transaction, rows, events, blocked| fold_rows::<P>(transaction, rows, events, blocked).boxed(),
        }
    }

    /// Finds a projection by name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|projection| projection.name == name)
    }

    /// Its name, which is also its table's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The name of its health check.
    pub(crate) fn check(&'static self) -> &'static str {
        self.check.get_or_init(|| format!("projection {}", self.name))
    }

    /// The context whose stream it reads.
    #[must_use]
    pub const fn context(&self) -> Context {
        self.context
    }

    /// The aggregates whose events it folds.
    pub(crate) const fn aggregates(&self) -> Aggregates {
        self.aggregates
    }

    /// The version of its projector.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The SQL condition of the listed rows, if their count is stored.
    pub(crate) const fn listed(&self) -> Option<&'static str> {
        self.listed
    }

    /// Prepares an event for folding. `None` if it does not concern the projection.
    pub(crate) fn concern<'a>(&self, event: &'a FollowedEvent) -> Option<Concerning<'a>> {
        (self.concern)(event)
    }

    /// Folds events in order and writes the changed rows. Returns the events that could not be folded; they block later
    /// events.
    pub(crate) async fn fold(
        &self,
        transaction: &mut PgConnection,
        rows: Rows,
        events: &[Concerning<'_>],
        blocked: &mut Blocked,
    ) -> Result<Vec<NewParked>, Fault> {
        (self.fold)(transaction, rows, events, blocked).await
    }
}

async fn fold_rows<P: Folds>(
    transaction: &mut PgConnection,
    rows: Rows,
    events: &[Concerning<'_>],
    blocked: &mut Blocked,
) -> Result<Vec<NewParked>, Fault> {
    let keys: BTreeSet<Uuid> = events.iter().filter_map(Concerning::key).collect();
    let keys: Vec<Uuid> = keys.into_iter().collect();
    let stored = match keys.is_empty() {
        true => Vec::new(),
        false => P::Row::load(transaction, &keys).await?,
    };
    let folded = fold::<P>(events, stored, blocked);
    match (folded.rows.is_empty(), rows) {
        (true, _) => {}
        (false, Rows::Live) => P::Row::store(transaction, &folded.rows).await?,
        (false, Rows::Copied) => P::Row::write(transaction, &folded.rows).await?,
    }
    Ok(folded.parked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_projector_reads_the_stream_that_holds_its_aggregates() {
        for projection in &ALL {
            if let Aggregates::OfType(aggregate_type) = projection.aggregates {
                let holds = Context::of_aggregate_type(aggregate_type);
                assert_eq!(holds, Some(projection.context), "{}", projection.name);
            }
        }
    }

    #[test]
    fn the_union_of_aggregates_is_all_if_one_of_them_is() {
        let (patients, days) = (Aggregates::OfType("patient"), Aggregates::OfType("day"));
        assert_eq!(Aggregates::types([patients, days]), ["patient", "day"]);
        assert!(Aggregates::types([patients, Aggregates::All, days]).is_empty());
        assert!(Aggregates::All.include("anything") && !patients.include("day"));
    }

    #[test]
    fn a_projection_is_found_by_its_name() {
        for projection in &ALL {
            let found = Projection::find(projection.name()).expect("found");
            assert_eq!(found.name(), projection.name());
        }
        assert!(Projection::find("nobody").is_none());
    }
}
