//! Arbitrary values that the domain accepts, often at the limits.

use arbtest::arbitrary::{self, Unstructured};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    account::{Entry, LedgerAccount, Posting},
    appointment::{Booked, Origin, Overbooked},
    invoice::InvoiceLine,
    patient::{Demographics, RecordedDemographics},
    practitioner::PractitionerDetails,
    prescription::{Directions, Prescribed},
    values::{
        Address, Amount, Currency, DateOfBirth, Dosage, Email, EmailHash, Gender, Identifier, IdentifierHash,
        Identifiers, Instructions, LineDescription, Medicine, MedicineName, Medicines, Money, Name, Notes, PartialDate,
        PartialDateTime, PaymentReference, Period, Phone, Price, Reason, Refills, RxNormCode, Specialty, TaxRate,
        TaxedAmount, TimeOfDeath, TimeOff, TimeZone, TreatmentDuration, WallTime, Weekday, WeeklyAvailability,
        WeeklyRule,
    },
};
use uuid::Uuid;

/// A text of these characters, often at the maximum length or a little beyond.
fn text(u: &mut Unstructured<'_>, alphabet: &[char], most: usize) -> arbitrary::Result<String> {
    let length = if u.ratio(1, 2)? {
        u.int_in_range(most.saturating_sub(1)..=most + 1)?
    } else {
        u.int_in_range(0..=most.min(12))?
    };
    // A few repeated characters, so that long texts do not exhaust the random data.
    let few: Vec<char> = (0..4).map(|_| u.choose(alphabet).copied()).collect::<Result<_, _>>()?;
    Ok(few.into_iter().cycle().take(length).collect())
}

const LETTERS: &[char] = &[
    'a',
    'Z',
    '0',
    ' ',
    '\u{a0}',
    '\u{feff}',
    '\u{2028}',
    '\u{10ffff}',
    'é',
    '\u{301}',
    '\n',
    '\t',
    '\u{0}',
    '\u{85}',
    '"',
];
const MAIL: &[char] = &['a', 'Z', '0', '.', '-', '+', 'é', '文', '\u{661}', '@', ' '];
const DIGITS: &[char] = &[
    '1', '0', '9', '5', '7', '3', '+', '-', '.', '(', ')', '/', ' ', 'x', '#',
];
const URI: &[char] = &['a', ':', '/', '.', '1', 'é', '\u{feff}', '\u{a0}', ' ', '"'];

pub(crate) fn email(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Email>> {
    let (local, host) = if u.ratio(1, 8)? {
        ("a".repeat(64), "b".repeat(185))
    } else {
        (text(u, MAIL, 64)?, text(u, MAIL, 185)?)
    };
    Ok(Email::parse(&format!("{local}@{host}.org")).ok())
}

pub(crate) fn identifiers(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Identifiers>> {
    let mut identifiers = Vec::new();
    for number in 0..u.int_in_range(0..=21)? {
        let system = format!("{}:{number}", text(u, URI, 196)?);
        let other = Identifier::parse(&format!("urn:{number}"), "A-17");
        identifiers.extend(Identifier::parse(&system, &text(u, LETTERS, 100)?).or(other));
    }
    Ok(Identifiers::parse(identifiers).ok())
}

fn demographics(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Demographics>> {
    let now = instant("2026-01-01T00:00:00Z");
    let born = now.date_naive() - TimeDelta::days(u.int_in_range(0..=131 * 366)?);
    let born = born.format(u.choose(&["%Y-%m-%d", "%Y-%m", "%Y"])?).to_string();
    let (Ok(name), Ok(date_of_birth), Some(identifiers)) = (
        Name::parse(&text(u, LETTERS, 200)?),
        PartialDate::parse(&born).and_then(|born| DateOfBirth::parse(born, now)),
        identifiers(u)?,
    ) else {
        return Ok(None);
    };
    Ok(Some(Demographics {
        name: name.into(),
        date_of_birth: date_of_birth.into(),
        email: email(u)?,
        phone: Phone::parse(&text(u, DIGITS, 40)?).ok(),
        address: Address::parse(&text(u, LETTERS, 500)?).ok(),
        gender: Gender::parse(u.choose(&["male", "female", "other", "unknown", ""])?).ok(),
        identifiers,
    }))
}

pub(crate) fn time_of_death(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<TimeOfDeath>> {
    let now = instant("2026-01-01T00:00:00Z");
    let at = now - TimeDelta::microseconds(u.int_in_range(-1_000_000..=10_000_000_000_000_000)?);
    let form = u.choose(&[
        "%Y",
        "%Y-%m",
        "%Y-%m-%d",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%S%.f%:z",
    ])?;
    let time = PartialDateTime::parse(&at.format(form).to_string());
    Ok(time.and_then(|time| TimeOfDeath::parse(time, now)).ok())
}

pub(crate) fn recorded_demographics(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<RecordedDemographics>> {
    let (demographics, bytes, of_identifiers) = (demographics(u)?, u.arbitrary()?, u.arbitrary()?);
    Ok(demographics.map(|known| {
        RecordedDemographics::new(known, |_| EmailHash::new(bytes))
            .with_identifiers_hashed(|_| IdentifierHash::new(of_identifiers))
    }))
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

pub(crate) fn zone(u: &mut Unstructured<'_>) -> arbitrary::Result<TimeZone> {
    let zones = [
        "America/New_York",
        "Etc/GMT+12",
        "America/Port-au-Prince",
        "UTC",
        "Pacific/Kiritimati",
        "EST5EDT",
    ];
    Ok(TimeZone::parse(u.choose(&zones)?).expect("a zone"))
}

pub(crate) fn period(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Period>> {
    let earliest = instant("1900-01-01T00:00:00Z").timestamp_micros();
    let latest = instant("9999-12-31T23:59:59Z").timestamp_micros();
    let edges = [earliest, latest - 300_000_000, u.int_in_range(earliest..=latest)?];
    let start = DateTime::from_timestamp_micros(*u.choose(&edges)?).expect("in range");
    let length = TimeDelta::microseconds(u.int_in_range(299_999_999..=300_000_001)?);
    Ok(Period::parse(start, start + length).ok())
}

pub(crate) fn booked(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Booked>> {
    let (time_zone, period) = (zone(u)?, period(u)?);
    let overbooking = reason(u)?.map(|reason| Overbooked { reason: reason.into() });
    let (reason, notes) = (reason(u)?, notes(u)?);
    let origin = *u.choose(&[Origin::Booked, Origin::History])?;
    let (patient_id, practitioner_id) = (id(u)?, id(u)?);
    Ok(period.map(|period| Booked {
        patient_id,
        practitioner_id,
        period,
        time_zone,
        local_start: time_zone.local(period.start()),
        reason,
        notes,
        origin,
        overbooking,
    }))
}

pub(crate) fn id(u: &mut Unstructured<'_>) -> arbitrary::Result<Uuid> {
    Ok(Uuid::from_u128(u.arbitrary()?))
}

pub(crate) fn reason(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Reason>> {
    Ok(Reason::parse(&text(u, LETTERS, 500)?).ok())
}

fn notes(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Notes>> {
    Ok(Notes::parse(&text(u, LETTERS, 4_000)?).ok())
}

pub(crate) fn practitioner(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<PractitionerDetails>> {
    let (name, specialty) = (Name::parse(&text(u, LETTERS, 200)?), text(u, LETTERS, 200)?);
    let (time_zone, email) = (zone(u)?, email(u)?);
    Ok(name.ok().map(|name| PractitionerDetails {
        name: name.into(),
        specialty: Specialty::parse(&specialty).ok(),
        time_zone,
        email,
    }))
}

pub(crate) fn availability(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<WeeklyAvailability>> {
    let mut time = |hours: std::ops::RangeInclusive<u32>| {
        let text = format!("{:02}:{:02}", u.int_in_range(hours)?, u.choose(&[0, 1, 59])?);
        Ok(WallTime::parse(&text).or(WallTime::parse("24:00")).expect("a time"))
    };
    let (from, to) = (time(0..=23)?, time(0..=24)?);
    let rules = Weekday::ALL
        .iter()
        .filter_map(|day| WeeklyRule::parse(*day, from, to).ok());
    let slot = u.int_in_range(4..=721)?;
    let years = [1899, 1900, 9999, 10_000];
    let from = NaiveDate::from_ymd_opt(*u.choose(&years)?, 1, 1).expect("a date");
    let availability = WeeklyAvailability::parse(slot, from, rules.collect()).ok();
    let off_grid = u.arbitrary()?;
    Ok(availability.map(|availability| availability.with_off_grid(off_grid)))
}

pub(crate) fn time_off(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<TimeOff>> {
    let start = instant(u.choose(&["1900-01-01T00:00:00Z", "9999-12-30T00:00:00Z", "2027-01-01T00:00:00.1Z"])?);
    let length = TimeDelta::microseconds(u.int_in_range(0..=86_400_000_000)?);
    Ok(TimeOff::parse(id(u)?, start, start + length).ok())
}

fn currency(u: &mut Unstructured<'_>) -> arbitrary::Result<Currency> {
    Ok(Currency::parse(u.choose(&["USD", "JPY", "KWD"])?).expect("a currency"))
}

/// A number of minor units, often near the limits.
fn minor(u: &mut Unstructured<'_>) -> arbitrary::Result<i64> {
    let most = Amount::MOST_MINOR;
    let edges = [-1, 0, 1, most - 1, most, most + 1, u.int_in_range(0..=most)?];
    Ok(*u.choose(&edges)?)
}

pub(crate) fn amount(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Amount>> {
    Ok(Amount::parse(Money::new(minor(u)?, currency(u)?)).ok())
}

pub(crate) fn taxed_amount(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<TaxedAmount>> {
    let currency = currency(u)?;
    let (net, tax) = (Money::new(minor(u)?, currency), Money::new(minor(u)?, currency));
    Ok(TaxedAmount::parse(net, tax).ok())
}

pub(crate) fn entry(u: &mut Unstructured<'_>) -> arbitrary::Result<Entry> {
    let (currency, minor): (_, i64) = (currency(u)?, u.int_in_range(-i64::MAX..=i64::MAX)?);
    let mut posting = |minor| {
        Ok(Posting {
            account: *u.choose(LedgerAccount::ALL)?,
            amount: Money::new(minor, currency),
        })
    };
    let postings = vec![posting(minor)?, posting(-minor)?];
    Ok(Entry::parse(postings).expect("they sum to zero"))
}

pub(crate) fn reference(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<PaymentReference>> {
    Ok(PaymentReference::parse(&text(u, LETTERS, 255)?).ok())
}

pub(crate) fn invoice_line(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<InvoiceLine>> {
    let description = LineDescription::parse(&text(u, LETTERS, 200)?);
    let description = description.or(LineDescription::parse("plain")).expect("a description");
    let price = Price::parse(Money::new(minor(u)?, currency(u)?));
    let (quantity, rate) = (*u.choose(&[0, 1, 2, 10_000, 10_001])?, u.int_in_range(0..=1_000_001)?);
    let (Ok(price), Ok(rate)) = (price, TaxRate::parse(rate)) else {
        return Ok(None);
    };
    Ok(InvoiceLine::parse(id(u)?, description, quantity, price, rate).ok())
}

/// An arbitrary medicine. Fields that the domain refuses get a plain text instead.
fn medicine(u: &mut Unstructured<'_>) -> arbitrary::Result<Medicine> {
    let (name, dosage, duration) = (text(u, LETTERS, 200)?, text(u, LETTERS, 200)?, text(u, LETTERS, 200)?);
    let (instructions, code) = (text(u, LETTERS, 1_000)?, u.int_in_range(0..=100_000_000)?);
    let plain = "plain";
    Ok(Medicine {
        name: MedicineName::parse(&name)
            .or(MedicineName::parse(plain))
            .expect("a name"),
        dosage: Dosage::parse(&dosage).or(Dosage::parse(plain)).expect("a dosage"),
        duration: TreatmentDuration::parse(&duration)
            .or(TreatmentDuration::parse(plain))
            .expect("a duration"),
        instructions: Instructions::parse(&instructions)
            .or(Instructions::parse(plain))
            .expect("instructions"),
        rx_norm_code: RxNormCode::parse(&code.to_string()).ok(),
    })
}

pub(crate) fn prescribed(u: &mut Unstructured<'_>) -> arbitrary::Result<Option<Prescribed>> {
    let (first, count) = (medicine(u)?, u.int_in_range(0..=21)?);
    // The durations differ, so that no medicine is a duplicate.
    let medicines = (0..count).map(|index| match index {
        0 => first.clone(),
        index => Medicine {
            duration: TreatmentDuration::parse(&format!("{index} days")).expect("a duration"),
            ..first.clone()
        },
    });
    let medicines = Medicines::parse(medicines.collect());
    let (Ok(medicines), Ok(refills_remaining)) = (medicines, Refills::parse(u.int_in_range(0..=100)?)) else {
        return Ok(None);
    };
    Ok(Some(Prescribed {
        patient_id: id(u)?,
        practitioner_id: id(u)?,
        appointment_id: u.ratio(1, 2)?.then(Uuid::nil),
        prior_prescription_id: u.ratio(1, 2)?.then(Uuid::nil),
        directions: Directions {
            medicines: medicines.into(),
            refills_remaining,
            notes: notes(u)?,
        },
    }))
}
