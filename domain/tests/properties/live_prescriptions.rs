//! Properties of live prescriptions: an appointment has at most one, and it follows from the events.

use std::collections::BTreeMap;

use domain::{
    Decider as _,
    live_prescriptions::{ClaimChange, check_none_other},
    prescription::{Prescription, PrescriptionCommand},
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

proptest! {
    #[test]
    fn an_appointment_has_at_most_one_live_prescription(commands in commands()) {
        let mut prescriptions: BTreeMap<Uuid, Prescription> = BTreeMap::new();
        let mut claims: BTreeMap<Uuid, Option<Uuid>> = BTreeMap::new();
        for (id, command) in commands {
            let mut prescription = prescriptions.get(&id).cloned().unwrap_or_default();
            let Ok(events) = prescription.decide(command) else {
                continue;
            };
            let before = claims.get(&id).copied().flatten();
            let mut after = before;
            for event in &events {
                prescription.evolve(event);
                after = ClaimChange::from(event).after(after);
            }
            let live = claims.iter().find(|(_, claim)| after.is_some() && **claim == after);
            if check_none_other(live.map(|(id, _)| *id), id).is_err() {
                prop_assert_ne!(after, before, "a prescription's own claim is never refused");
                continue;
            }
            prescriptions.insert(id, prescription);
            claims.insert(id, after);
            let mut stands: BTreeMap<Uuid, Uuid> = BTreeMap::new();
            for (id, prescription) in &prescriptions {
                prop_assert_eq!(prescription.claims(), claims[id]);
                let other = prescription.claims().and_then(|appointment_id| stands.insert(appointment_id, *id));
                prop_assert_eq!(other, None);
            }
        }
    }
}
