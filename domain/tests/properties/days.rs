//! A day's intervals never overlap, but for those that were overbooked deliberately.

use std::collections::BTreeMap;

use domain::day::{Day, DayCommand, DayEvent, Reservation};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    fixtures::{ids, overbooking, periods},
    fold_in_any_order, run,
};

fn reservations() -> impl Strategy<Value = Reservation> {
    (ids(), periods()).prop_map(|(appointment_id, period)| Reservation { appointment_id, period })
}

fn commands() -> impl Strategy<Value = Vec<DayCommand>> {
    let command = prop_oneof![
        4 => reservations().prop_map(DayCommand::Reserve),
        1 => reservations().prop_map(|reservation| DayCommand::Overbook { reservation, overbooking: overbooking() }),
        1 => ids().prop_map(|appointment_id| DayCommand::Release { appointment_id }),
    ];
    prop::collection::vec(command, 0..30)
}

/// Notes of each appointment whether what it holds was overbooked.
fn note(overbooked: &mut BTreeMap<Uuid, bool>, event: &DayEvent) {
    match event {
        DayEvent::Reserved(reservation) => overbooked.insert(reservation.appointment_id, false),
        DayEvent::Overbooked(reservation) => overbooked.insert(reservation.appointment_id, true),
        DayEvent::Released(reservation) => overbooked.remove(&reservation.appointment_id),
    };
}

proptest! {
    #[test]
    fn two_intervals_overlap_only_where_one_was_overbooked(
        commands in commands(),
        order in prop::collection::vec(any::<usize>(), 0..50),
    ) {
        let mut overbooked = BTreeMap::new();
        let happened = run::<Day>(commands, |_, day, events| {
            events.iter().for_each(|event| note(&mut overbooked, event));
            let held = day.reservations();
            assert_eq!(held.len(), overbooked.len(), "an appointment holds one interval");
            for (index, one) in held.iter().enumerate() {
                for other in &held[index + 1..] {
                    let deliberate = overbooked[&one.appointment_id] || overbooked[&other.appointment_id];
                    assert!(deliberate || !one.period.overlaps(&other.period), "{one:?} overlaps {other:?}");
                }
            }
        });
        fold_in_any_order::<Day>(&happened, &order);
    }

    #[test]
    fn two_periods_that_overlap_share_a_day(one in periods(), other in periods()) {
        let shared = one.days().any(|day| other.days().any(|another| day == another));
        prop_assert!(shared || !one.overlaps(&other));
    }
}
