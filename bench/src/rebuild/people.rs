//! The people of the clinic, generated from a number.

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    patient::Demographics,
    practitioner::PractitionerDetails,
    values::{Address, DateOfBirth, Email, Gender, Identifier, Identifiers, Invalid, Name, Phone, Specialty, TimeZone},
};
use fastrand::Rng;

const GIVEN: [&str; 8] = [
    "Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Alan", "Radia",
];
const FAMILY: [&str; 8] = [
    "Ruiz",
    "Okafor",
    "Lindqvist",
    "Moreau",
    "Tanaka",
    "Novak",
    "O'Brien",
    "Haddad",
];
/// The maximum age in days of a patient who is registered on the first day.
const OLDEST_DAYS: u64 = 90 * 365;

/// The demographics of a person at registration.
pub(super) fn demographics(number: u64, rng: &mut Rng, now: DateTime<Utc>) -> anyhow::Result<Demographics> {
    let born = now.date_naive().checked_sub_days(Days::new(rng.u64(1..OLDEST_DAYS)));
    let mut made = || -> Result<Demographics, Invalid> {
        Ok(Demographics {
            name: name(rng)?.into(),
            date_of_birth: DateOfBirth::parse(born.unwrap_or(NaiveDate::MIN).into(), now)?.into(),
            email: Some(Email::parse(&format!("person-{number}@example.com"))?),
            phone: Some(phone(rng)?),
            address: Some(address(rng)?),
            gender: rng.choice(Gender::ALL).copied(),
            identifiers: Identifiers::parse(vec![Identifier::parse("urn:oid:2.999.1", &format!("MRN-{number:09}"))?])?,
        })
    };
    made().map_err(refused)
}

/// The same person after a move.
pub(super) fn moved(known: &Demographics, rng: &mut Rng) -> anyhow::Result<Demographics> {
    Ok(Demographics {
        phone: Some(phone(rng).map_err(refused)?),
        address: Some(address(rng).map_err(refused)?),
        ..known.clone()
    })
}

/// A practitioner.
pub(super) fn practitioner(rng: &mut Rng) -> anyhow::Result<PractitionerDetails> {
    Ok(PractitionerDetails {
        name: name(rng).map_err(refused)?.into(),
        specialty: Some(Specialty::parse("Family medicine").map_err(refused)?),
        time_zone: TimeZone::parse("UTC").map_err(refused)?,
        email: None,
    })
}

fn name(rng: &mut Rng) -> Result<Name, Invalid> {
    let family = rng.choice(FAMILY).unwrap_or_default();
    Name::parse(&format!("{} {family}", rng.choice(GIVEN).unwrap_or_default()))
}

fn phone(rng: &mut Rng) -> Result<Phone, Invalid> {
    Phone::parse(&format!("+34 6{:08}", rng.u32(0..100_000_000)))
}

fn address(rng: &mut Rng) -> Result<Address, Invalid> {
    Address::parse(&format!(
        "Calle Mayor {}, {:05} Madrid",
        rng.u32(1..300),
        rng.u32(28_001..28_999)
    ))
}

/// The error if a rule refuses a generated value.
pub(super) fn refused(error: Invalid) -> anyhow::Error {
    anyhow::anyhow!("a generated value {error}")
}

/// The first day of the clinic, at opening time.
pub(super) fn opening() -> anyhow::Result<DateTime<Utc>> {
    let day = NaiveDate::from_ymd_opt(2027, 1, 4).and_then(|day| day.and_hms_opt(8, 0, 0));
    Ok(day.context("a day")?.and_utc())
}
