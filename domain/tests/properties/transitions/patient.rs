//! The transitions of a patient.

use domain::{
    patient::{
        Deceased, DemographicsChange, HashedChange, Patient, PatientCommand, PatientStatus, RecordedDemographics,
    },
    values::{Address, Change},
};

use super::after;
use crate::fixtures::{demographics, hash};

fn register() -> PatientCommand {
    PatientCommand::Register(RecordedDemographics::new(demographics(), hash))
}

fn change() -> PatientCommand {
    let change = DemographicsChange {
        address: Change::Set(Address::parse("123 Main St").expect("an address")),
        ..DemographicsChange::default()
    };
    PatientCommand::ChangeDemographics(HashedChange::new(change, hash))
}

const fn name(command: &PatientCommand) -> &'static str {
    match command {
        PatientCommand::Register(_) => "register",
        PatientCommand::ChangeDemographics(_) => "change",
        PatientCommand::Deactivate => "deactivate",
        PatientCommand::Reactivate => "reactivate",
        PatientCommand::RecordDeath(_) => "record the death",
        PatientCommand::RevokeDeath => "revoke the death",
        PatientCommand::Erase => "erase",
    }
}

pub(super) fn table() -> String {
    use PatientCommand::{Deactivate, Erase, Reactivate, RecordDeath, RevokeDeath};

    let record_death = || RecordDeath(Deceased::default());

    let states = [
        ("none", Patient::default()),
        ("active", after([register()])),
        ("inactive", after([register(), Deactivate])),
        ("deceased", after([register(), record_death()])),
        ("erased", after([register(), Erase])),
    ];
    let commands = [
        register(),
        change(),
        Deactivate,
        Reactivate,
        record_death(),
        RevokeDeath,
        Erase,
    ];
    let rows = commands.map(|command| (name(&command).to_owned(), command));
    super::table("patient", &states, rows.into(), |patient| match patient.deceased() {
        Some(_) => "deceased",
        None => patient.status().map_or("none", PatientStatus::code),
    })
}
