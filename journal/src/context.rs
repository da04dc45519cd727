//! The bounded contexts. Each has one stream, because an atomic decision stays within one stream.

use std::{fmt, str::FromStr};

use cqrs_es::Aggregate as _;
use domain::{
    Decider, account::Account, appointment::Appointment, invoice::Invoice, patient::Patient,
    practitioner::Practitioner, prescription::Prescription,
};
use event_store::StreamDefinition;
use events::OfAggregate;

use crate::models;

/// A bounded context and its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Patients.
    Patients,
    /// Practitioners and appointments.
    Scheduling,
    /// Prescriptions.
    Prescribing,
    /// Accounts and invoices.
    Billing,
}

static PATIENTS: StreamDefinition = StreamDefinition {
    name: "PATIENTS",
    subject: "patients.log",
    models: &[&models::Emails, &models::Identifiers],
};
static SCHEDULING: StreamDefinition = StreamDefinition {
    name: "SCHEDULING",
    subject: "scheduling.log",
    models: &[&models::Bookings],
};
static PRESCRIBING: StreamDefinition = StreamDefinition {
    name: "PRESCRIBING",
    subject: "prescribing.log",
    models: &[&models::LivePrescriptions],
};
static BILLING: StreamDefinition = StreamDefinition {
    name: "BILLING",
    subject: "billing.log",
    models: &[],
};

impl Context {
    /// Every context.
    pub const ALL: [Self; 4] = [Self::Patients, Self::Scheduling, Self::Prescribing, Self::Billing];

    /// The stream's definition.
    #[must_use]
    pub const fn definition(self) -> &'static StreamDefinition {
        match self {
            Self::Patients => &PATIENTS,
            Self::Scheduling => &SCHEDULING,
            Self::Prescribing => &PRESCRIBING,
            Self::Billing => &BILLING,
        }
    }

    /// The context that holds aggregates of this type.
    #[must_use]
    pub fn of_aggregate_type(aggregate_type: &str) -> Option<Self> {
        match aggregate_type {
            Patient::TYPE => Some(Self::Patients),
            Practitioner::TYPE | Appointment::TYPE => Some(Self::Scheduling),
            Prescription::TYPE => Some(Self::Prescribing),
            Account::TYPE | Invoice::TYPE => Some(Self::Billing),
            _ => None,
        }
    }

    /// The stream's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.definition().name
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Context {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|context| context.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("no stream has this name; the streams are {names}")
            })
    }
}

/// The events of an aggregate.
pub type EventOf<A> = <A as cqrs_es::Aggregate>::Event;

/// An aggregate that is stored in the log.
pub trait Journaled: Decider<Event: OfAggregate> {
    /// The context whose stream holds it.
    const CONTEXT: Context;
    /// The aggregate type in its events.
    const AGGREGATE_TYPE: &'static str = Self::TYPE;
}

impl Journaled for Patient {
    const CONTEXT: Context = Context::Patients;
}

impl Journaled for Practitioner {
    const CONTEXT: Context = Context::Scheduling;
}

impl Journaled for Appointment {
    const CONTEXT: Context = Context::Scheduling;
}

impl Journaled for Prescription {
    const CONTEXT: Context = Context::Prescribing;
}

impl Journaled for Account {
    const CONTEXT: Context = Context::Billing;
}

impl Journaled for Invoice {
    const CONTEXT: Context = Context::Billing;
}
