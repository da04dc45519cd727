//! Properties of patients and practitioners: they make only allowed changes of status, and an erasure is final.

use chrono::Timelike as _;
use domain::{
    email_addresses::EmailChange,
    patient::{
        Deceased, DemographicsChange, HashedChange, Patient, PatientCommand, PatientStatus, RecordedDemographics,
    },
    practitioner::{DetailsChange, Practitioner, PractitionerCommand},
    values::{Address, Change, Email, Period, TimeOff, TimeZone, WallTime, Weekday, WeeklyAvailability, WeeklyRule},
};
use proptest::prelude::*;

use crate::{
    assert_way,
    fixtures::{PRACTITIONER, demographics, details, hash, ids, periods},
    fold_in_any_order, run,
};

const WAYS: &[(PatientStatus, PatientStatus)] = &[
    (PatientStatus::Active, PatientStatus::Inactive),
    (PatientStatus::Inactive, PatientStatus::Active),
    (PatientStatus::Active, PatientStatus::Erased),
    (PatientStatus::Inactive, PatientStatus::Erased),
];

fn patient_commands() -> impl Strategy<Value = Vec<PatientCommand>> {
    let address = Address::parse("123 Main St").expect("an address");
    let addresses = prop_oneof![Just(Change::Set(address)), Just(Change::Clear), Just(Change::Keep)];
    let email = Email::parse("john@example.org").expect("an address");
    let emails = prop_oneof![Just(Change::Set(email)), Just(Change::Clear), Just(Change::Keep)];
    let changes = (addresses, emails).prop_map(|(address, email)| {
        let change = DemographicsChange {
            address,
            email,
            ..DemographicsChange::default()
        };
        HashedChange::new(change, hash)
    });
    let command = prop_oneof![
        4 => Just(PatientCommand::Register(RecordedDemographics::new(demographics(), hash))),
        4 => changes.prop_map(PatientCommand::ChangeDemographics),
        2 => Just(PatientCommand::Deactivate),
        2 => Just(PatientCommand::Reactivate),
        2 => Just(PatientCommand::RecordDeath(Deceased::default())),
        2 => Just(PatientCommand::RevokeDeath),
        1 => Just(PatientCommand::Erase),
    ];
    prop::collection::vec(command, 0..30)
}

fn availabilities() -> impl Strategy<Value = WeeklyAvailability> {
    let rules = prop::collection::vec((prop::sample::select(Weekday::ALL), 0_u32..23, 1_u32..24), 0..4);
    (1_u32..28, rules).prop_filter_map("overlapping rules", |(day, rules)| {
        let time = |hour| WallTime::parse(&format!("{hour:02}:00")).expect("a time");
        let rules = rules
            .into_iter()
            .map(|(day, from, to)| WeeklyRule::parse(day, time(from), time(to)));
        let rules: Vec<WeeklyRule> = rules.collect::<Result<_, _>>().ok()?;
        let from = format!("2027-01-{day:02}").parse().expect("a date");
        WeeklyAvailability::parse(30, from, rules).ok()
    })
}

fn practitioner_commands() -> impl Strategy<Value = Vec<PractitionerCommand>> {
    let zones = prop_oneof![Just("America/New_York"), Just("Asia/Kathmandu"), Just("UTC")];
    let changes = zones.prop_map(|zone| DetailsChange {
        time_zone: TimeZone::parse(zone).ok(),
        ..DetailsChange::default()
    });
    let times_off = (ids(), periods());
    let times_off = times_off.prop_map(|(id, away)| TimeOff::parse(id, away.start(), away.end()).expect("time off"));
    let command = prop_oneof![
        4 => changes.prop_map(PractitionerCommand::ChangeDetails),
        8 => availabilities().prop_map(PractitionerCommand::SetAvailability),
        8 => times_off.prop_map(PractitionerCommand::AddTimeOff),
        4 => ids().prop_map(|time_off_id| PractitionerCommand::RemoveTimeOff { time_off_id }),
        1 => Just(PractitionerCommand::Deactivate),
    ];
    prop::collection::vec(command, 0..30).prop_map(|mut commands| {
        commands.insert(0, PractitionerCommand::Register(details()));
        commands
    })
}

/// Whether every minute of a period is within the hours and not in a time off.
fn is_free(practitioner: &Practitioner, period: &Period) -> bool {
    let zone = practitioner.details().expect("registered").time_zone;
    let away = |minute| {
        let mut times_off = practitioner.time_off().iter();
        times_off.any(|away| away.start() <= minute && minute < away.end())
    };
    // Rules start at whole hours, and a slot has 30 minutes.
    let start = zone.local(period.start());
    let starts_slot = practitioner.availability_on(start.date()).is_none() || start.minute().is_multiple_of(30);
    starts_slot
        && period.minutes().all(|minute| {
            let local = zone.local(minute);
            let availability = practitioner.availability_on(local.date());
            !away(minute) && availability.is_none_or(|availability| availability.is_open(local))
        })
}

proptest! {
    #[test]
    fn a_patient_makes_only_allowed_changes_and_stays_erased(
        commands in patient_commands(),
        order in prop::collection::vec(any::<usize>(), 0..50),
    ) {
        let mut held = None;
        let happened = run::<Patient>(commands, |before, patient, events| {
            assert_way(WAYS, before.status(), patient.status());
            let erased = patient.status() == Some(PatientStatus::Erased);
            assert_eq!(patient.demographics().is_none(), erased);
            for event in events {
                held = EmailChange::from(event).after(held);
            }
            assert_eq!(held.as_ref(), patient.email_hash());
        });
        fold_in_any_order::<Patient>(&happened, &order);
    }

    #[test]
    fn a_practitioner_is_booked_only_where_every_minute_is_open_and_free(
        commands in practitioner_commands(),
        period in periods(),
        order in prop::collection::vec(any::<usize>(), 0..50),
    ) {
        let happened = run::<Practitioner>(commands, |before, practitioner, events| {
            assert!(!before.is_deactivated() || events.is_empty(), "nothing changes after a deactivation");
            let available = practitioner.available(PRACTITIONER, period).is_ok();
            assert_eq!(available, !practitioner.is_deactivated() && is_free(practitioner, &period));
            let from = practitioner.availability().iter().map(WeeklyAvailability::effective_from);
            assert!(from.is_sorted_by(|one, other| one < other));
        });
        fold_in_any_order::<Practitioner>(&happened, &order);
    }
}
