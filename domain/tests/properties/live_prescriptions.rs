//! Properties of live prescriptions: no medicine is in two of one appointment, and they follow from the events.

use std::collections::BTreeMap;

use domain::{
    Decider as _,
    live_prescriptions::{ClaimChange, added, check_no_repetition},
    prescription::{Prescription, PrescriptionCommand},
    values::Medicines,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    fixtures::ids,
    prescriptions::{beginnings, command},
};

fn commands() -> impl Strategy<Value = Vec<(Uuid, PrescriptionCommand)>> {
    let command = prop_oneof![2 => beginnings(), 1 => command()];
    prop::collection::vec((ids(), command), 0..60)
}

fn medicines(prescription: &Prescription) -> Option<&Medicines> {
    let prescribed = prescription.prescribed()?;
    prescribed.directions.medicines.known()
}

proptest! {
    #[test]
    fn no_medicine_is_in_two_live_prescriptions_of_an_appointment(commands in commands()) {
        let mut prescriptions: BTreeMap<Uuid, Prescription> = BTreeMap::new();
        let mut claims: BTreeMap<Uuid, Option<Uuid>> = BTreeMap::new();
        for (id, command) in commands {
            let before = prescriptions.get(&id).cloned().unwrap_or_default();
            let Ok(events) = before.decide(command) else {
                continue;
            };
            let mut prescription = before.clone();
            let mut claim = claims.get(&id).copied().flatten();
            for event in &events {
                prescription.evolve(event);
                claim = ClaimChange::from(event).after(claim);
            }
            let others = |of: Uuid| {
                let others = prescriptions.iter().filter(move |(other, _)| **other != of);
                others.filter(|(other, _)| claim.is_some() && claims[*other] == claim)
            };
            let added = medicines(&prescription).map(|all| added(all, medicines(&before))).unwrap_or_default();
            let check = |(other, state): (&Uuid, &Prescription)| {
                medicines(state).map_or(Ok(()), |held| check_no_repetition(&added, (*other, held)))
            };
            if others(id).try_for_each(check).is_err() {
                prop_assert!(!added.is_empty(), "a medicine that a prescription has already is never refused");
                continue;
            }
            for (_, other) in others(id) {
                let (Some(all), Some(held)) = (medicines(&prescription), medicines(other)) else {
                    continue;
                };
                prop_assert!(!all.as_slice().iter().any(|medicine| held.hold(medicine)));
            }
            prescriptions.insert(id, prescription);
            claims.insert(id, claim);
            for (id, prescription) in &prescriptions {
                prop_assert_eq!(prescription.claims(), claims[id]);
            }
        }
    }
}
