//! Every projection there is, by name, for what treats them alike: rebuilding, verifying, retrying, telling how far they
//! are.

use futures_util::future::{BoxFuture, FutureExt as _};
use journal::{Context, FollowedEvent};
use read_models::{PgPool, parked::Blocked};

use crate::{
    fault::Fault,
    parked::{self, Outcome},
    projector::{Aggregates, Projector},
    projectors::{
        AccountProjector, AppointmentProjector, BillingIndexProjector, CachedPatientProjector, InvoiceProjector,
        LedgerProjector, PatientProjector, PatientsIndexProjector, PaymentProjector, PractitionerProjector,
        PrescribingIndexProjector, PrescriptionProjector, SchedulingIndexProjector,
    },
    writer::{Place, Writer},
};

type Open = fn(PgPool, Place, u64, usize) -> BoxFuture<'static, Result<Box<dyn Apply>, Fault>>;
type Retry = for<'a> fn(&'a PgPool, &'a FollowedEvent, &'a mut Blocked) -> BoxFuture<'a, Result<Outcome, Fault>>;

/// A projection, whatever its rows are.
#[derive(Debug)]
pub struct Projection {
    name: &'static str,
    context: Context,
    aggregates: Aggregates,
    version: u32,
    open: Open,
    retry: Retry,
}

/// Every projection, those that others read first.
pub static ALL: [Projection; 13] = [
    Projection::of::<PatientProjector>(),
    Projection::of::<CachedPatientProjector>(),
    Projection::of::<PractitionerProjector>(),
    Projection::of::<AppointmentProjector>(),
    Projection::of::<PrescriptionProjector>(),
    Projection::of::<AccountProjector>(),
    Projection::of::<LedgerProjector>(),
    Projection::of::<PaymentProjector>(),
    Projection::of::<InvoiceProjector>(),
    Projection::of::<PatientsIndexProjector>(),
    Projection::of::<SchedulingIndexProjector>(),
    Projection::of::<PrescribingIndexProjector>(),
    Projection::of::<BillingIndexProjector>(),
];

/// Applies events to the rows of one projection, wherever they are.
pub(crate) trait Apply: Send {
    /// As [`Writer::apply`].
    fn apply<'a>(&'a mut self, events: &'a [&'a FollowedEvent], to: u64) -> BoxFuture<'a, Result<(), Fault>>;
    /// How far it has come.
    fn position(&self) -> u64;
}

impl<P: Projector> Apply for Writer<P> {
    fn apply<'a>(&'a mut self, events: &'a [&'a FollowedEvent], to: u64) -> BoxFuture<'a, Result<(), Fault>> {
        Self::apply(self, events, to).boxed()
    }

    fn position(&self) -> u64 {
        Self::position(self)
    }
}

impl Projection {
    const fn of<P: Projector>() -> Self {
        Self {
            name: P::NAME,
            context: P::CONTEXT,
            aggregates: P::AGGREGATES,
            version: P::VERSION,
            open: |pool, place, position, max_parked| {
                let opening = Writer::<P>::open(pool, place, position, max_parked);
                opening
                    .map(|writer| writer.map(|writer| Box::new(writer) as Box<dyn Apply>))
                    .boxed()
            },
            retry: |pool, event, still| parked::retry_event::<P>(pool, event, still).boxed(),
        }
    }

    /// The projection of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|projection| projection.name == name)
    }

    /// Its name, which is its table's.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The stream it reads.
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

    pub(crate) async fn open(
        &self,
        pool: PgPool,
        place: Place,
        position: u64,
        max_parked: usize,
    ) -> Result<Box<dyn Apply>, Fault> {
        (self.open)(pool, place, position, max_parked).await
    }

    pub(crate) async fn retry(
        &self,
        pool: &PgPool,
        event: &FollowedEvent,
        still: &mut Blocked,
    ) -> Result<Outcome, Fault> {
        (self.retry)(pool, event, still).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lives_where_it_is_read<P: Projector>() {
        if let Aggregates::OfType(aggregate_type) = P::AGGREGATES {
            let home = Context::of_aggregate_type(aggregate_type);
            assert_eq!(home, Some(P::CONTEXT), "{}", P::NAME);
        }
    }

    #[test]
    fn every_projector_reads_the_stream_that_holds_its_aggregates() {
        lives_where_it_is_read::<PatientProjector>();
        lives_where_it_is_read::<CachedPatientProjector>();
        lives_where_it_is_read::<PractitionerProjector>();
        lives_where_it_is_read::<AppointmentProjector>();
        lives_where_it_is_read::<PrescriptionProjector>();
        lives_where_it_is_read::<AccountProjector>();
        lives_where_it_is_read::<LedgerProjector>();
        lives_where_it_is_read::<PaymentProjector>();
        lives_where_it_is_read::<InvoiceProjector>();
    }

    #[test]
    fn whoever_follows_for_several_follows_all_if_one_of_them_does() {
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
