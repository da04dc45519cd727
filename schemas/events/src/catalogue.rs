//! The catalogue of all published events, by aggregate.

use cqrs_es::Aggregate as _;
use domain::{
    EventName, NamedEvent,
    account::{Account, AccountEvent},
    appointment::{Appointment, AppointmentEvent},
    invoice::{Invoice, InvoiceEvent},
    patient::{Patient, PatientEvent},
    practitioner::{Practitioner, PractitionerEvent},
    prescription::{Prescription, PrescriptionEvent},
};

use crate::json_schema::{DescribedEvent, DescribedEvents as _};

/// A published aggregate and its events.
#[derive(Clone, Copy, Debug)]
pub struct CataloguedAggregate {
    /// The aggregate's type.
    pub aggregate_type: &'static str,
    /// Its events with their current schema versions.
    pub events: &'static [EventName],
    /// The JSON Schemas of its events.
    pub(crate) described: &'static [DescribedEvent],
}

/// All aggregates with all events.
pub const CATALOGUE: &[CataloguedAggregate] = &[
    CataloguedAggregate {
        aggregate_type: Patient::TYPE,
        events: PatientEvent::NAMES,
        described: PatientEvent::DESCRIBED,
    },
    CataloguedAggregate {
        aggregate_type: Practitioner::TYPE,
        events: PractitionerEvent::NAMES,
        described: PractitionerEvent::DESCRIBED,
    },
    CataloguedAggregate {
        aggregate_type: Appointment::TYPE,
        events: AppointmentEvent::NAMES,
        described: AppointmentEvent::DESCRIBED,
    },
    CataloguedAggregate {
        aggregate_type: Prescription::TYPE,
        events: PrescriptionEvent::NAMES,
        described: PrescriptionEvent::DESCRIBED,
    },
    CataloguedAggregate {
        aggregate_type: Account::TYPE,
        events: AccountEvent::NAMES,
        described: AccountEvent::DESCRIBED,
    },
    CataloguedAggregate {
        aggregate_type: Invoice::TYPE,
        events: InvoiceEvent::NAMES,
        described: InvoiceEvent::DESCRIBED,
    },
];
