//! Folds appointments and prescriptions into the `care_relation_…` tables: which patients are in a practitioner's care.

use std::marker::PhantomData;

use domain::{
    appointment::{Appointment, AppointmentEvent},
    prescription::{Prescribed, Prescription, PrescriptionEvent},
};
use log_reader::{EventOf, Journaled, RecordedEvent};
use read_models::{
    care_relation::{CareRow, PrescribingCareRow, SchedulingCareRow},
    table::TableRow,
};
use uuid::Uuid;

use crate::projector::{FoldError, Projector, aggregate_id};

/// The effect of an event on a care relation.
pub(crate) enum Effect {
    /// The relation is planned.
    Planned(Parties),
    /// The relation begins.
    Begins(Parties),
    /// The relation ends, or will not begin.
    Ends,
}

/// The two people of a relation.
pub(crate) struct Parties {
    practitioner_id: Uuid,
    patient_id: Uuid,
}

/// An aggregate that puts a patient in a practitioner's care.
pub(crate) trait Care: Journaled {
    type Row: CareRow + TableRow;

    /// The effect of an event. `None` if the relation stays as it is.
    fn effect(event: &EventOf<Self>) -> Option<Effect>;
}

impl Care for Appointment {
    type Row = SchedulingCareRow;

    /// A cancelled appointment does not take place. A missed one is part of the care: somebody has to follow it up.
    fn effect(event: &AppointmentEvent) -> Option<Effect> {
        match event {
            AppointmentEvent::Booked(booked) => Some(Effect::Begins(Parties {
                practitioner_id: booked.practitioner_id,
                patient_id: booked.patient_id,
            })),
            AppointmentEvent::Cancelled(_) | AppointmentEvent::EnteredInError(_) => Some(Effect::Ends),
            AppointmentEvent::Rescheduled(_)
            | AppointmentEvent::Arrived(_)
            | AppointmentEvent::Fulfilled(_)
            | AppointmentEvent::Missed(_)
            | AppointmentEvent::Reopened(_)
            | AppointmentEvent::NotesChanged(_) => None,
        }
    }
}

impl Care for Prescription {
    type Row = PrescribingCareRow;

    /// A draft puts nobody in care. A cancelled prescription was withdrawn before the patient took anything.
    fn effect(event: &PrescriptionEvent) -> Option<Effect> {
        let parties = |prescribed: &Prescribed| Parties {
            practitioner_id: prescribed.practitioner_id,
            patient_id: prescribed.patient_id,
        };
        match event {
            PrescriptionEvent::Drafted(prescribed) => Some(Effect::Planned(parties(prescribed))),
            PrescriptionEvent::Issued(prescribed) => Some(Effect::Begins(parties(prescribed))),
            PrescriptionEvent::Cancelled(_) => Some(Effect::Ends),
            PrescriptionEvent::Amended(_)
            | PrescriptionEvent::Held(_)
            | PrescriptionEvent::Resumed(_)
            | PrescriptionEvent::RefillRequested(_)
            | PrescriptionEvent::RefillApproved(_)
            | PrescriptionEvent::RefillDenied(_)
            | PrescriptionEvent::Completed(_)
            | PrescriptionEvent::Stopped(_) => None,
        }
    }
}

/// Folds the care relations of one type of aggregate.
#[derive(Debug)]
pub(crate) struct CareProjector<A>(PhantomData<A>);

impl<A: Care> Projector for CareProjector<A> {
    const NAME: &'static str = <A::Row as TableRow>::TABLE.name;
    const VERSION: u32 = 1;
    type Aggregate = A;
    type Row = A::Row;

    fn key(recorded: &RecordedEvent, event: &EventOf<A>) -> Result<Option<Uuid>, FoldError> {
        A::effect(event).map(|_| aggregate_id(recorded)).transpose()
    }

    fn fold(row: Option<A::Row>, recorded: &RecordedEvent, event: &EventOf<A>) -> Result<A::Row, FoldError> {
        let (id, time) = (aggregate_id(recorded)?, recorded.metadata.time);
        let relation = |of: Parties, since| A::Row::new(id, of.practitioner_id, of.patient_id, since);
        match A::effect(event) {
            Some(Effect::Planned(of)) => Ok(relation(of, None)),
            Some(Effect::Begins(of)) => Ok(relation(of, Some(time))),
            Some(Effect::Ends) => Ok(row.ok_or(FoldError::MissingRow)?.ended(time)),
            None => row.ok_or(FoldError::MissingRow),
        }
    }
}
