//! The bookings model: the time of both parties that live appointments take.

use chrono::{DateTime, Utc};
use domain::{
    appointment::AppointmentStatus,
    bookings::{BookedTime, TimeChange, TimeTaken},
    values::Period,
};
use event_store::{Changes, DecisionModel, RecordedEvent};
use serde::Deserialize;
use uuid::Uuid;

use super::{Entries, Target, aggregate_id, fields, id_at, key};

/// The key prefix of an appointment's entry. The appointment's id follows.
const APPOINTMENT: u8 = b'a';
/// The key prefix of a taken time. The party's id, the start and the appointment's id follow.
const TIME: u8 = b't';
/// The key of the length of the longest appointment, if one is longer than an appointment may be today. It tells how
/// far before a period an overlapping appointment can start.
const LONGEST: &[u8] = b"l";

/// The decision model.
#[derive(Debug)]
pub(crate) struct Bookings;

impl DecisionModel for Bookings {
    fn name(&self) -> &'static str {
        "bookings-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String> {
        match aggregate_id(event, "appointment")? {
            Some(id) => fold(id, &event.event_type, &event.data, changes),
            None => Ok(()),
        }
    }
}

/// The time of a party that live appointments take within a period.
pub(crate) fn time_taken<E: Entries>(entries: &E, party: Uuid, period: Period) -> Result<Vec<TimeTaken>, E::Error> {
    let longest = longest(entries.get(LONGEST)?);
    let from = micros(period.start()).saturating_sub(longest);
    let found = entries.range(
        &time_key(party, from, None),
        &time_key(party, micros(period.end()), None),
    )?;
    let taken = found.iter().filter_map(|(key, value)| {
        let appointment_id = id_at(key, 25)?;
        Some(TimeTaken {
            appointment_id,
            period: Period::recorded(instant_at(key, 17)?, instant_at(value, 0)?),
        })
    });
    Ok(taken.filter(|taken| taken.period.overlaps(&period)).collect())
}

fn fold(id: Uuid, event_type: &str, body: &[u8], entries: &mut impl Target) -> Result<(), String> {
    let change = change(event_type, body)?;
    let key = key(APPOINTMENT, &[id.as_bytes()]);
    let before = entries.get(&key).and_then(|value| read(&value));
    let Some(after) = BookedTime::after(before, change) else {
        return Ok(());
    };
    if let Some(before) = before.filter(|before| before.held) {
        for party in before.parties() {
            entries.remove(&time_key(party, micros(before.period.start()), Some(id)));
        }
    }
    if after.held {
        let (start, end) = (micros(after.period.start()), micros(after.period.end()));
        for party in after.parties() {
            entries.put(&time_key(party, start, Some(id)), ordered(end).to_vec());
        }
        let length = end.saturating_sub(start);
        if length > longest(None) && length > longest(entries.get(LONGEST)) {
            entries.put(LONGEST, length.to_be_bytes().to_vec());
        }
    }
    entries.put(&key, write(&after));
    Ok(())
}

/// The maximum length of an appointment in microseconds, from the entry that records it.
fn longest(entry: Option<Vec<u8>>) -> i64 {
    let kept = entry.and_then(|length| length.try_into().ok()).map(i64::from_be_bytes);
    let today = Period::LONGEST.num_microseconds().unwrap_or(i64::MAX);
    kept.map_or(today, |kept| kept.max(today))
}

/// The change that an event makes to its appointment's time.
fn change(event_type: &str, body: &[u8]) -> Result<TimeChange, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Booked {
        patient_id: Uuid,
        practitioner_id: Uuid,
        period: Period,
    }
    #[derive(Deserialize)]
    struct Rescheduled {
        period: Period,
    }
    #[derive(Deserialize)]
    struct Reopened {
        status: AppointmentStatus,
    }
    Ok(match event_type {
        "appointment.booked" => {
            let Booked {
                patient_id,
                practitioner_id,
                period,
            } = fields(body)?;
            TimeChange::Takes {
                patient_id,
                practitioner_id,
                period,
            }
        }
        "appointment.rescheduled" => {
            let Rescheduled { period } = fields(body)?;
            TimeChange::Moves { period }
        }
        "appointment.reopened" => match fields::<Reopened>(body)?.status.is_live() {
            true => TimeChange::TakesAgain,
            false => TimeChange::Frees,
        },
        "appointment.cancelled" | "appointment.missed" | "appointment.entered-in-error" => TimeChange::Frees,
        _ => TimeChange::Nothing,
    })
}

fn time_key(party: Uuid, start: i64, appointment_id: Option<Uuid>) -> Vec<u8> {
    let appointment_id = appointment_id.as_ref().map_or(&[][..], |id| id.as_bytes());
    key(TIME, &[party.as_bytes(), &ordered(start), appointment_id])
}

/// An instant in microseconds. No appointment has a finer time.
fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// Encodes a number so that its bytes sort in numeric order.
fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

fn instant_at(bytes: &[u8], at: usize) -> Option<DateTime<Utc>> {
    let micros: [u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
    DateTime::from_timestamp_micros((u64::from_be_bytes(micros) ^ (1 << 63)).cast_signed())
}

fn write(time: &BookedTime) -> Vec<u8> {
    let mut value = time.patient_id.as_bytes().to_vec();
    value.extend_from_slice(time.practitioner_id.as_bytes());
    value.extend_from_slice(&ordered(micros(time.period.start())));
    value.extend_from_slice(&ordered(micros(time.period.end())));
    value.push(time.held.into());
    value
}

fn read(value: &[u8]) -> Option<BookedTime> {
    Some(BookedTime {
        patient_id: id_at(value, 0)?,
        practitioner_id: id_at(value, 16)?,
        period: Period::recorded(instant_at(value, 32)?, instant_at(value, 40)?),
        held: *value.get(48)? == 1,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arbtest::arbitrary::{self, Unstructured};
    use chrono::TimeDelta;
    use domain::{
        Bare,
        appointment::{
            AppointmentEvent, Arrived, Booked, Cancelled, EnteredInError, Fulfilled, NotesChanged, Origin, Overbooked,
            Reopened, Rescheduled,
        },
        values::{CancellationReason, Notes, Reason, TimeZone},
    };
    use events::Event;

    use super::*;
    use crate::models::testing::{Memory, published, samples};

    const DOCTOR: Uuid = Uuid::from_u128(1);
    const PATIENT: Uuid = Uuid::from_u128(2);
    const FIRST: Uuid = Uuid::from_u128(11);
    const SECOND: Uuid = Uuid::from_u128(12);

    fn at(time: &str) -> DateTime<Utc> {
        format!("2027-01-11T{time}:00Z").parse().expect("an instant")
    }

    fn period(from: &str, to: &str) -> Period {
        Period::recorded(at(from), at(to))
    }

    fn zone() -> TimeZone {
        TimeZone::parse("America/New_York").expect("a zone")
    }

    fn overbooked() -> Option<Overbooked> {
        let reason = Reason::parse("An emergency").expect("a reason").into();
        Some(Overbooked { reason })
    }

    fn booked(patient_id: Uuid, practitioner_id: Uuid, period: Period) -> AppointmentEvent {
        AppointmentEvent::Booked(Booked {
            patient_id,
            practitioner_id,
            period,
            time_zone: zone(),
            local_start: zone().local(period.start()),
            reason: Reason::parse("Annual check-up").ok(),
            notes: Notes::parse("First visit").ok(),
            origin: Origin::Booked,
            overbooking: overbooked(),
        })
    }

    fn moved(period: Period) -> AppointmentEvent {
        AppointmentEvent::Rescheduled(Rescheduled {
            period,
            time_zone: zone(),
            local_start: zone().local(period.start()),
            overbooking: overbooked(),
        })
    }

    fn cancelled() -> AppointmentEvent {
        AppointmentEvent::Cancelled(Cancelled {
            reason_code: CancellationReason::Other,
            reason_text: Reason::parse("Snow").ok(),
        })
    }

    fn reopened(status: AppointmentStatus) -> AppointmentEvent {
        AppointmentEvent::Reopened(Reopened { status })
    }

    fn happen(entries: &mut Memory, id: Uuid, event: &AppointmentEvent) {
        let (event_type, body) = published(event);
        fold(id, event_type, &body, entries).expect("folded");
    }

    fn taken(entries: &Memory, party: Uuid, from: &str, to: &str) -> Vec<Uuid> {
        let Ok(taken) = time_taken(entries, party, period(from, to));
        taken.into_iter().map(|taken| taken.appointment_id).collect()
    }

    #[test]
    fn an_appointment_takes_the_time_of_both_parties_until_it_is_freed() {
        let mut entries = Memory::default();
        happen(&mut entries, FIRST, &booked(PATIENT, DOCTOR, period("10:00", "10:30")));
        for party in [DOCTOR, PATIENT] {
            assert_eq!(taken(&entries, party, "10:29", "11:00"), [FIRST]);
            assert_eq!(taken(&entries, party, "09:00", "10:01"), [FIRST]);
            assert!(taken(&entries, party, "10:30", "11:00").is_empty(), "they touch");
            assert!(taken(&entries, party, "09:30", "10:00").is_empty(), "they touch");
        }
        assert!(taken(&entries, Uuid::from_u128(3), "10:00", "10:30").is_empty());
        happen(&mut entries, FIRST, &cancelled());
        assert!(taken(&entries, DOCTOR, "10:00", "10:30").is_empty());
        happen(&mut entries, FIRST, &reopened(AppointmentStatus::Booked));
        assert_eq!(taken(&entries, PATIENT, "10:00", "10:30"), [FIRST]);
    }

    #[test]
    fn a_damaged_event_is_an_error() {
        let mut entries = Memory::default();
        for event_type in ["appointment.booked", "appointment.rescheduled", "appointment.reopened"] {
            for body in ["", "{}", r#"{"period":"secret","status":"secret"}"#] {
                let error = fold(FIRST, event_type, body.as_bytes(), &mut entries).expect_err(body);
                assert!(error.starts_with("its body is damaged at column "), "{error}");
            }
        }
        assert_eq!(entries, Memory::default());
    }

    #[test]
    fn a_moved_appointment_frees_its_old_time() {
        let mut entries = Memory::default();
        happen(&mut entries, FIRST, &booked(PATIENT, DOCTOR, period("10:00", "10:30")));
        happen(&mut entries, FIRST, &moved(period("14:00", "15:00")));
        assert!(taken(&entries, DOCTOR, "10:00", "10:30").is_empty());
        assert_eq!(taken(&entries, DOCTOR, "14:30", "14:40"), [FIRST]);
        let before = entries.len();
        happen(&mut entries, FIRST, &moved(period("14:00", "16:00")));
        assert_eq!(taken(&entries, PATIENT, "15:30", "15:40"), [FIRST]);
        assert_eq!(entries.len(), before, "nothing is left behind");
    }

    #[test]
    fn a_long_appointment_is_found_near_its_end_and_two_with_one_start_are_both_found() {
        let mut entries = Memory::default();
        happen(&mut entries, FIRST, &booked(PATIENT, DOCTOR, period("02:00", "14:00")));
        happen(&mut entries, SECOND, &booked(PATIENT, DOCTOR, period("02:00", "02:30")));
        assert_eq!(taken(&entries, DOCTOR, "13:55", "14:05"), [FIRST]);
        assert_eq!(taken(&entries, DOCTOR, "02:10", "02:20"), [FIRST, SECOND]);
    }

    #[test]
    fn an_appointment_longer_than_allowed_today_is_found() {
        let mut entries = Memory::default();
        let days = Period::recorded(at("02:00") - TimeDelta::days(3), at("02:00"));
        happen(&mut entries, FIRST, &booked(PATIENT, DOCTOR, days));
        happen(&mut entries, SECOND, &booked(PATIENT, DOCTOR, period("01:00", "20:00")));
        assert_eq!(taken(&entries, DOCTOR, "01:55", "02:05"), [FIRST, SECOND]);
        assert_eq!(taken(&entries, DOCTOR, "19:55", "20:05"), [SECOND]);
    }

    #[test]
    fn instants_before_1970_sort_correctly() {
        let mut entries = Memory::default();
        let instant = |text: &str| text.parse().expect("an instant");
        let night = Period::recorded(instant("1969-12-31T23:00:00Z"), instant("1970-01-01T01:00:00Z"));
        happen(&mut entries, FIRST, &booked(PATIENT, DOCTOR, night));
        for (from, to, found) in [
            ("1969-12-31T22:00:00Z", "1969-12-31T23:30:00Z", 1),
            ("1970-01-01T00:30:00Z", "1970-01-01T02:00:00Z", 1),
            ("1969-12-31T20:00:00Z", "1970-01-01T02:00:00Z", 1),
            ("1969-12-31T20:00:00Z", "1969-12-31T23:00:00Z", 0),
            ("1970-01-01T01:00:00Z", "1970-01-01T02:00:00Z", 0),
        ] {
            let Ok(taken) = time_taken(&entries, DOCTOR, Period::recorded(instant(from), instant(to)));
            assert_eq!(taken.len(), found, "{from} to {to}");
        }
    }

    #[test]
    fn every_version_of_every_event_agrees_with_the_domain() {
        let mut seen = 0;
        for (event_type, body, event) in samples() {
            let told = change(&event_type, &body);
            let Event::Appointment(event) = event else {
                assert_eq!(told, Ok(TimeChange::Nothing), "{event_type}");
                continue;
            };
            assert_eq!(told, Ok(TimeChange::from(&event)), "{event_type}");
            seen += 1;
        }
        assert!(seen >= 9, "only {seen} events of appointments");
    }

    fn arbitrary_period(u: &mut Unstructured<'_>) -> arbitrary::Result<Period> {
        let start = at("00:00") + TimeDelta::minutes(15 * u.int_in_range(0..=96)?);
        let minutes = [15, 30, 60, 720, 721, 2_880];
        Ok(Period::recorded(
            start,
            start + TimeDelta::minutes(*u.choose(&minutes)?),
        ))
    }

    fn arbitrary_event(u: &mut Unstructured<'_>) -> arbitrary::Result<AppointmentEvent> {
        Ok(match u.int_in_range(0..=11)? {
            0..=2 => {
                let mut person = || Ok(Uuid::from_u128(u.int_in_range(1..=3)?));
                booked(person()?, person()?, arbitrary_period(u)?)
            }
            3 | 4 => moved(arbitrary_period(u)?),
            5 => cancelled(),
            6 => AppointmentEvent::Missed(Bare {}),
            7 => reopened(*u.choose(AppointmentStatus::ALL)?),
            8 => AppointmentEvent::EnteredInError(EnteredInError { reason: None }),
            9 => AppointmentEvent::Arrived(Arrived {
                arrived_at: at("10:00"),
            }),
            10 => AppointmentEvent::Fulfilled(Fulfilled {
                fulfilled_at: at("10:00"),
            }),
            _ => AppointmentEvent::NotesChanged(NotesChanged { notes: None }),
        })
    }

    /// Events come in any order, including orders that no decision produces.
    #[test]
    fn the_model_agrees_with_the_appointments() {
        arbtest::arbtest(|u| {
            let mut entries = Memory::default();
            let mut times: BTreeMap<Uuid, BookedTime> = BTreeMap::new();
            for _ in 0..u.int_in_range(0..=30)? {
                let (id, event) = (Uuid::from_u128(u.int_in_range(10..=13)?), arbitrary_event(u)?);
                happen(&mut entries, id, &event);
                if let Some(after) = BookedTime::after(times.get(&id).copied(), TimeChange::from(&event)) {
                    times.insert(id, after);
                }
            }
            for party in (1..=3).map(Uuid::from_u128) {
                let wanted = arbitrary_period(u)?;
                let Ok(found) = time_taken(&entries, party, wanted);
                let mut found: Vec<(Uuid, Period)> =
                    found.iter().map(|taken| (taken.appointment_id, taken.period)).collect();
                found.sort_unstable_by_key(|(id, _)| *id);
                let held = times
                    .iter()
                    .filter(|(_, time)| time.held && time.parties().contains(&party) && time.period.overlaps(&wanted));
                assert_eq!(found, held.map(|(id, time)| (*id, time.period)).collect::<Vec<_>>());
            }
            Ok(())
        });
    }
}
