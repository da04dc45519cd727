//! Properties of e-mail addresses: they are unique among patients, and their holders follow from the events.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Decider as _,
    email_addresses::{EmailChange, check_free},
    patient::{
        Deceased, Demographics, DemographicsChange, HashedChange, Patient, PatientCommand, PatientStatus,
        RecordedDemographics,
    },
    values::{Change, Email, EmailHash},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixtures::{demographics, hash, ids};

/// One of a few addresses in one of a few spellings.
fn emails() -> impl Strategy<Value = Email> {
    prop::sample::select(vec![
        "a@example.org",
        "A@example.org",
        "b@example.org",
        "B@EXAMPLE.org",
        "c@example.org",
    ])
    .prop_map(|email| Email::parse(email).expect("an address"))
}

fn commands() -> impl Strategy<Value = Vec<(Uuid, PatientCommand)>> {
    let registrations = prop::option::of(emails()).prop_map(|email| {
        let registered = Demographics {
            email,
            ..demographics()
        };
        PatientCommand::Register(RecordedDemographics::new(registered, hash))
    });
    let change = prop_oneof![
        4 => emails().prop_map(Change::Set),
        1 => Just(Change::Clear),
        1 => Just(Change::Keep),
    ];
    let changes = (change, any::<bool>()).prop_map(|(email, phone)| {
        let change = DemographicsChange {
            email,
            phone: if phone { Change::Clear } else { Change::Keep },
            ..DemographicsChange::default()
        };
        PatientCommand::ChangeDemographics(HashedChange::new(change, hash))
    });
    let command = prop_oneof![
        6 => registrations,
        6 => changes,
        2 => Just(PatientCommand::Deactivate),
        2 => Just(PatientCommand::Reactivate),
        2 => Just(PatientCommand::RecordDeath(Deceased::default())),
        2 => Just(PatientCommand::RevokeDeath),
        1 => Just(PatientCommand::Erase),
    ];
    prop::collection::vec((ids(), command), 0..60)
}

proptest! {
    #[test]
    fn no_two_patients_have_the_same_address(commands in commands()) {
        let mut patients: BTreeMap<Uuid, Patient> = BTreeMap::new();
        let mut held: BTreeMap<Uuid, Option<EmailHash>> = BTreeMap::new();
        for (id, command) in commands {
            let mut patient = patients.get(&id).cloned().unwrap_or_default();
            let Ok(events) = patient.decide(command) else {
                continue;
            };
            let before = held.get(&id).copied().flatten();
            let mut after = before;
            for event in &events {
                patient.evolve(event);
                after = EmailChange::from(event).after(after);
            }
            let holder = held.iter().find(|(_, hash)| after.is_some() && **hash == after);
            if check_free(holder.map(|(id, _)| *id), id).is_err() {
                prop_assert_ne!(after, before, "a patient's own address is never refused");
                continue;
            }
            patients.insert(id, patient);
            held.insert(id, after);
            for (id, patient) in &patients {
                prop_assert_eq!(patient.email_hash(), held[id].as_ref());
                let email = patient.demographics().and_then(|known| known.email.as_ref());
                prop_assert_eq!(email.map(hash), patient.email_hash().copied());
                let erased = patient.status() == Some(PatientStatus::Erased);
                prop_assert!(!erased || held[id].is_none(), "an erasure frees the address");
            }
            let addresses: Vec<EmailHash> = held.values().copied().flatten().collect();
            prop_assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), addresses.len());
        }
    }
}
