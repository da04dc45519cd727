//! Every event that the domain accepts matches its schema.

use arbtest::arbitrary::{self, Unstructured};
use domain::{
    NamedEvent,
    account::{AccountEvent, Charge, ChargePosted},
    appointment::{AppointmentEvent, Fulfilled},
    invoice::{InvoiceEvent, PaymentAllocated},
    patient::{Deceased, PatientEvent},
    practitioner::PractitionerEvent,
    prescription::PrescriptionEvent,
};
use events::{encode, publication::SchemaId};

use crate::{
    arbitraries::{
        amount, availability, booked, entry, id, invoice_line, period, practitioner, prescribed, recorded_demographics,
        reference, taxed_amount, time_of_death, time_off,
    },
    validator::Validator,
};

/// The number of arbitrary events for each event type.
const CASES: u64 = 2_000;

/// Checks arbitrary events, as far as the domain accepts them, against their schema.
fn check_all<E: NamedEvent>(event_type: &str, make: impl Fn(&mut Unstructured<'_>) -> arbitrary::Result<Option<E>>) {
    let mut names = E::NAMES.iter();
    let name = names.find(|name| name.event_type == event_type).expect("an event");
    let validator = Validator::of(&SchemaId::new(event_type, name.schema_version));
    let mut accepted = 0;
    for seed in 1..=CASES {
        arbtest::arbtest(|u| {
            if let Some(event) = make(u)? {
                let body = encode(&event).expect("encodable").data;
                validator.check(&body).unwrap_or_else(|error| panic!("{body}: {error}"));
                accepted += 1;
            }
            Ok(())
        })
        .seed(seed << 32 | 4_096)
        .run();
    }
    assert!(
        accepted > CASES / 20,
        "{event_type}: only {accepted} of {CASES} were accepted"
    );
}

#[test]
fn whatever_the_domain_accepts_fits_the_schema() {
    check_all("patient.registered", |u| {
        Ok(recorded_demographics(u)?.map(PatientEvent::Registered))
    });
    check_all("patient.deceased", |u| {
        Ok(time_of_death(u)?.map(|at| PatientEvent::Deceased(Deceased { deceased_at: Some(at) })))
    });
    check_all("practitioner.registered", |u| {
        Ok(practitioner(u)?.map(PractitionerEvent::Registered))
    });
    check_all("practitioner.availability-set", |u| {
        Ok(availability(u)?.map(PractitionerEvent::AvailabilitySet))
    });
    check_all("practitioner.time-off-added", |u| {
        Ok(time_off(u)?.map(PractitionerEvent::TimeOffAdded))
    });
    check_all("appointment.booked", |u| Ok(booked(u)?.map(AppointmentEvent::Booked)));
    check_all("appointment.fulfilled", |u| {
        let ended = period(u)?.map(|period| period.end());
        Ok(ended.map(|fulfilled_at| AppointmentEvent::Fulfilled(Fulfilled { fulfilled_at })))
    });
    check_all("charge.posted", |u| {
        let (charge_id, amount, entry) = (id(u)?, taxed_amount(u)?, entry(u)?);
        let charge = amount.map(|amount| Charge {
            charge_id,
            invoice_id: None,
            amount,
        });
        Ok(charge.map(|charge| AccountEvent::ChargePosted(ChargePosted { charge, entry })))
    });
    check_all("invoice.line-added", |u| {
        Ok(invoice_line(u)?.map(InvoiceEvent::LineAdded))
    });
    check_all("invoice.payment-allocated", |u| {
        let allocated = reference(u)?.zip(amount(u)?);
        Ok(allocated.map(|(reference, amount)| {
            InvoiceEvent::PaymentAllocated(PaymentAllocated {
                reference,
                amount,
                movement_id: None,
            })
        }))
    });
    check_all("prescription.issued", |u| {
        Ok(prescribed(u)?.map(PrescriptionEvent::Issued))
    });
}
