//! People, times and amounts for the commands.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Decider as _,
    access::Role,
    appointment::{Appointment, AppointmentCommand, Booking, PrescribableAppointment},
    patient::{ActivePatient, Demographics, Patient, PatientEvent, RecordedDemographics, RegisteredPatient},
    practitioner::{AvailablePractitioner, Practitioner, PractitionerDetails, PractitionerEvent},
    privilege::{Overbooking, SchedulingPrivilege},
    values::{
        Amount, Currency, Email, EmailHash, Identifiers, Money, Name, PaymentReference, Period, Personal, Reason,
        TaxRate, TimeZone,
    },
};
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) const PATIENT: Uuid = Uuid::from_u128(1);
pub(crate) const PRACTITIONER: Uuid = Uuid::from_u128(2);

pub(crate) fn demographics() -> Demographics {
    Demographics {
        name: Name::parse("John Doe").expect("a name").into(),
        date_of_birth: Personal::Erased,
        email: None,
        phone: None,
        address: None,
        gender: None,
        identifiers: Identifiers::default(),
    }
}

/// Stands in for the keyed hash, which the caller computes.
pub(crate) fn hash(email: &Email) -> EmailHash {
    let mut bytes = [0; 32];
    for (byte, letter) in bytes.iter_mut().zip(email.normalised().bytes()) {
        *byte = letter;
    }
    EmailHash::new(bytes)
}

pub(crate) fn details() -> PractitionerDetails {
    PractitionerDetails {
        name: Name::parse("Dr Ada Ruiz").expect("a name").into(),
        specialty: None,
        time_zone: TimeZone::parse("America/New_York").expect("a zone"),
        email: None,
    }
}

pub(crate) fn active_patient() -> ActivePatient {
    patient_with_id(PATIENT)
}

pub(crate) fn patient_with_id(id: Uuid) -> ActivePatient {
    patient().active(id).expect("registered")
}

pub(crate) fn registered_patient(id: Uuid) -> RegisteredPatient {
    patient().registered(id).expect("registered")
}

fn patient() -> Patient {
    let mut patient = Patient::default();
    patient.evolve(&PatientEvent::Registered(RecordedDemographics::new(
        demographics(),
        hash,
    )));
    patient
}

pub(crate) fn practitioner() -> Practitioner {
    let mut practitioner = Practitioner::default();
    practitioner.evolve(&PractitionerEvent::Registered(details()));
    practitioner
}

/// Proof that the practitioner can be booked for a period, by schedule or by overbooking.
pub(crate) fn slot(practitioner_id: Uuid, period: Period, overbooked: bool) -> AvailablePractitioner {
    let practitioner = practitioner();
    if overbooked {
        practitioner
            .overbooked(practitioner_id, period, overbooking())
            .expect("active")
    } else {
        practitioner
            .available(practitioner_id, period)
            .expect("always available")
    }
}

/// Proof for one of the patient's live appointments.
pub(crate) fn prescribable(id: Uuid) -> PrescribableAppointment {
    let now = minute_of_day(0);
    let period = Period::parse(now, now + TimeDelta::minutes(30)).expect("a period");
    let booking = Booking {
        patient: active_patient(),
        slot: slot(PRACTITIONER, period, false),
        reason: None,
        notes: None,
    };
    let mut appointment = Appointment::default();
    let booked = appointment.decide(AppointmentCommand::Book {
        booking,
        now,
        horizon: TimeDelta::MAX,
    });
    booked
        .expect("bookable")
        .iter()
        .for_each(|event| appointment.evolve(event));
    appointment.prescribable(id).expect("booked")
}

pub(crate) fn privilege() -> SchedulingPrivilege {
    SchedulingPrivilege::of(&[Role::Admin]).expect("privileged")
}

pub(crate) fn overbooking() -> Overbooking {
    privilege().overbook(Reason::parse("An emergency").expect("a reason"))
}

/// A minute of a day in January.
pub(crate) fn minute_of_day(minute: u32) -> DateTime<Utc> {
    let midnight: DateTime<Utc> = "2027-01-11T00:00:00Z".parse().expect("an instant");
    midnight + TimeDelta::minutes(minute.into())
}

/// An instant of that day.
pub(crate) fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    (0_u32..24 * 60).prop_map(minute_of_day)
}

/// A period that starts on that day, in quarters of an hour. Many of these periods overlap or are adjacent.
pub(crate) fn periods() -> impl Strategy<Value = Period> {
    (0_u32..96, 1_u32..12).prop_map(|(quarter, quarters)| {
        let start = minute_of_day(quarter * 15);
        let end = start + TimeDelta::minutes(i64::from(quarters) * 15);
        Period::parse(start, end).expect("a period")
    })
}

/// One of a few ids, so that commands concern the same things.
pub(crate) fn ids() -> impl Strategy<Value = Uuid> {
    (10_u128..14).prop_map(Uuid::from_u128)
}

pub(crate) fn currencies() -> impl Strategy<Value = Currency> {
    prop_oneof![6 => Just("USD"), 1 => Just("JPY"), 1 => Just("KWD")]
        .prop_map(|code| Currency::parse(code).expect("a currency"))
}

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").expect("a currency")
}

/// An amount in the permitted range. Most are small, so that sums often meet a limit exactly.
pub(crate) fn amounts(currency: Currency) -> impl Strategy<Value = Amount> {
    prop_oneof![6 => 1_i64..8, 2 => 1_i64..500, 1 => 1..=Amount::MOST_MINOR]
        .prop_map(move |minor| Amount::parse(Money::new(minor, currency)).expect("an amount"))
}

pub(crate) fn tax_rates() -> impl Strategy<Value = TaxRate> {
    prop_oneof![Just(0), Just(88_750), 0..=TaxRate::WHOLE_PPM].prop_map(|ppm| TaxRate::parse(ppm).expect("a rate"))
}

pub(crate) fn references() -> impl Strategy<Value = PaymentReference> {
    (0_u8..4).prop_map(|number| PaymentReference::parse(&format!("p-{number}")).expect("a reference"))
}
