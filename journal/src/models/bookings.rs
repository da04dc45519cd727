//! Who is taken when: the time of both parties that live appointments take up.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    appointment::AppointmentStatus,
    bookings::{BookedTime, TimeChange, TimeTaken},
    values::Period,
};
use event_store::{Changes, DecisionModel, RecordedEvent};
use serde::Deserialize;
use uuid::Uuid;

use super::{Entries, Target, fields, id_at};

/// What an appointment's entry begins with; behind it stands the appointment's id.
const APPOINTMENT: u8 = b'a';
/// What the entry of a time that is taken begins with; behind it stand the party's id, the start and the appointment's id.
const TIME: u8 = b't';
/// Where the length of the longest appointment is kept: no older one can reach into a time.
const LONGEST: &[u8] = b"l";

/// The model.
#[derive(Debug)]
pub(crate) struct Bookings;

impl DecisionModel for Bookings {
    fn name(&self) -> &'static str {
        "bookings-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) {
        if event.aggregate_type == "appointment"
            && let Ok(id) = event.aggregate_id.parse()
        {
            fold(id, &event.event_type, &event.data, changes);
        }
    }
}

/// What live appointments take of a party's time, where that overlaps a period.
pub(crate) fn time_taken<E: Entries>(entries: &E, party: Uuid, period: Period) -> Result<Vec<TimeTaken>, E::Error> {
    let longest = entries.get(LONGEST)?.and_then(|length| length.try_into().ok());
    let longest = TimeDelta::microseconds(longest.map_or(0, i64::from_be_bytes));
    let from = period
        .start()
        .checked_sub_signed(longest)
        .unwrap_or(DateTime::<Utc>::MIN_UTC);
    let found = entries.range(&time_key(party, from, None), &time_key(party, period.end(), None))?;
    let taken = found.iter().filter_map(|(key, value)| {
        let appointment_id = id_at(key, 25)?;
        let (start, end) = (instant_at(key, 17)?, instant_at(value, 0)?);
        Some(TimeTaken {
            appointment_id,
            period: Period::parse(start, end).ok()?,
        })
    });
    Ok(taken.filter(|taken| taken.period.overlaps(&period)).collect())
}

fn fold(id: Uuid, event_type: &str, body: &[u8], entries: &mut impl Target) {
    let Some(change) = change(event_type, body) else { return };
    let key = appointment_key(id);
    let before = entries.get(&key).and_then(|value| read(&value));
    let Some(after) = BookedTime::after(before, change) else {
        return;
    };
    if let Some(before) = before.filter(|before| before.held) {
        for party in [before.practitioner_id, before.patient_id] {
            entries.remove(&time_key(party, before.period.start(), Some(id)));
        }
    }
    if after.held {
        for party in [after.practitioner_id, after.patient_id] {
            let end = instant(after.period.end()).to_vec();
            entries.put(&time_key(party, after.period.start(), Some(id)), end);
        }
        let length = (after.period.end() - after.period.start())
            .num_microseconds()
            .unwrap_or(i64::MAX);
        let longest = entries.get(LONGEST).and_then(|longest| longest.try_into().ok());
        if longest.map_or(0, i64::from_be_bytes) < length {
            entries.put(LONGEST, length.to_be_bytes().to_vec());
        }
    }
    entries.put(&key, write(&after));
}

/// What an event does to the time of its appointment; nothing, where it leaves it as it is.
fn change(event_type: &str, body: &[u8]) -> Option<TimeChange> {
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
    match event_type {
        "appointment.booked" => fields::<Booked>(body).map(|booked| TimeChange::Takes {
            patient_id: booked.patient_id,
            practitioner_id: booked.practitioner_id,
            period: booked.period,
        }),
        "appointment.rescheduled" => fields::<Rescheduled>(body).map(|rescheduled| TimeChange::Moves {
            period: rescheduled.period,
        }),
        "appointment.reopened" => fields::<Reopened>(body).map(|reopened| match reopened.status.is_live() {
            true => TimeChange::TakesAgain,
            false => TimeChange::Frees,
        }),
        "appointment.cancelled" | "appointment.missed" | "appointment.entered-in-error" => Some(TimeChange::Frees),
        _ => None,
    }
}

fn appointment_key(id: Uuid) -> Vec<u8> {
    [&[APPOINTMENT], id.as_bytes().as_slice()].concat()
}

fn time_key(party: Uuid, start: DateTime<Utc>, appointment_id: Option<Uuid>) -> Vec<u8> {
    let mut key = vec![TIME];
    key.extend_from_slice(party.as_bytes());
    key.extend_from_slice(&instant(start));
    if let Some(id) = appointment_id {
        key.extend_from_slice(id.as_bytes());
    }
    key
}

/// An instant in microseconds, so that bytes order as instants do.
fn instant(at: DateTime<Utc>) -> [u8; 8] {
    (at.timestamp_micros().cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

fn instant_at(bytes: &[u8], at: usize) -> Option<DateTime<Utc>> {
    let micros: [u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
    DateTime::from_timestamp_micros((u64::from_be_bytes(micros) ^ (1 << 63)).cast_signed())
}

fn write(time: &BookedTime) -> Vec<u8> {
    let mut value = time.patient_id.as_bytes().to_vec();
    value.extend_from_slice(time.practitioner_id.as_bytes());
    value.extend_from_slice(&instant(time.period.start()));
    value.extend_from_slice(&instant(time.period.end()));
    value.push(time.held.into());
    value
}

fn read(value: &[u8]) -> Option<BookedTime> {
    Some(BookedTime {
        patient_id: id_at(value, 0)?,
        practitioner_id: id_at(value, 16)?,
        period: Period::parse(instant_at(value, 32)?, instant_at(value, 40)?).ok()?,
        held: *value.get(48)? == 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::testing::Memory;

    const DOCTOR: Uuid = Uuid::from_u128(1);
    const PATIENT: Uuid = Uuid::from_u128(2);
    const FIRST: Uuid = Uuid::from_u128(11);
    const SECOND: Uuid = Uuid::from_u128(12);

    fn period(from: &str, to: &str) -> Period {
        let instant = |time: &str| format!("2027-01-11T{time}:00Z").parse().expect("an instant");
        Period::parse(instant(from), instant(to)).expect("a period")
    }

    fn booked(period: Period) -> String {
        serde_json::json!({ "patientId": PATIENT, "practitionerId": DOCTOR, "period": period, "reason": "c2VhbGVk" })
            .to_string()
    }

    fn taken(entries: &Memory, party: Uuid, from: &str, to: &str) -> Vec<Uuid> {
        let Ok(taken) = time_taken(entries, party, period(from, to));
        taken.into_iter().map(|taken| taken.appointment_id).collect()
    }

    #[test]
    fn what_is_booked_takes_the_time_of_both_until_it_is_freed() {
        let mut entries = Memory::default();
        fold(
            FIRST,
            "appointment.booked",
            booked(period("10:00", "10:30")).as_bytes(),
            &mut entries,
        );
        for party in [DOCTOR, PATIENT] {
            assert_eq!(taken(&entries, party, "10:29", "11:00"), [FIRST]);
            assert_eq!(taken(&entries, party, "09:00", "10:01"), [FIRST]);
            assert!(taken(&entries, party, "10:30", "11:00").is_empty(), "they touch");
            assert!(taken(&entries, party, "09:30", "10:00").is_empty(), "they touch");
        }
        assert!(taken(&entries, Uuid::from_u128(3), "10:00", "10:30").is_empty());
        fold(FIRST, "appointment.cancelled", b"{}", &mut entries);
        assert!(taken(&entries, DOCTOR, "10:00", "10:30").is_empty());
        fold(FIRST, "appointment.reopened", br#"{"status":"booked"}"#, &mut entries);
        assert_eq!(taken(&entries, PATIENT, "10:00", "10:30"), [FIRST]);
    }

    #[test]
    fn what_is_moved_frees_what_it_held() {
        let mut entries = Memory::default();
        fold(
            FIRST,
            "appointment.booked",
            booked(period("10:00", "10:30")).as_bytes(),
            &mut entries,
        );
        let moved = serde_json::json!({ "period": period("14:00", "15:00") }).to_string();
        fold(FIRST, "appointment.rescheduled", moved.as_bytes(), &mut entries);
        assert!(taken(&entries, DOCTOR, "10:00", "10:30").is_empty());
        assert_eq!(taken(&entries, DOCTOR, "14:30", "14:40"), [FIRST]);
    }

    #[test]
    fn a_long_one_is_found_from_its_end_and_two_that_begin_together_both() {
        let mut entries = Memory::default();
        fold(
            FIRST,
            "appointment.booked",
            booked(period("02:00", "14:00")).as_bytes(),
            &mut entries,
        );
        fold(
            SECOND,
            "appointment.booked",
            booked(period("02:00", "02:30")).as_bytes(),
            &mut entries,
        );
        assert_eq!(taken(&entries, DOCTOR, "13:55", "14:05"), [FIRST]);
        assert_eq!(taken(&entries, DOCTOR, "02:10", "02:20"), [FIRST, SECOND]);
    }
}
