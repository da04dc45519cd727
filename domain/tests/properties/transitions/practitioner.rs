//! The transitions of a practitioner.

use chrono::TimeDelta;
use domain::{
    practitioner::{DetailsChange, Practitioner, PractitionerCommand},
    values::{Change, Specialty, TimeOff, WeeklyAvailability},
};
use uuid::Uuid;

use super::after;
use crate::fixtures::{details, minute_of_day};

const AWAY: Uuid = Uuid::from_u128(5);

fn register() -> PractitionerCommand {
    PractitionerCommand::Register(details())
}

fn away(id: Uuid) -> PractitionerCommand {
    let start = minute_of_day(0);
    PractitionerCommand::AddTimeOff(TimeOff::parse(id, start, start + TimeDelta::days(1)).expect("time off"))
}

fn change() -> PractitionerCommand {
    PractitionerCommand::ChangeDetails(DetailsChange {
        specialty: Change::Set(Specialty::parse("Cardiology").expect("a specialty")),
        ..DetailsChange::default()
    })
}

fn availability() -> PractitionerCommand {
    let from = minute_of_day(0).date_naive();
    PractitionerCommand::SetAvailability(WeeklyAvailability::parse(30, from, vec![]).expect("an availability"))
}

const fn name(command: &PractitionerCommand) -> &'static str {
    match command {
        PractitionerCommand::Register(_) => "register",
        PractitionerCommand::ChangeDetails(_) => "change",
        PractitionerCommand::SetAvailability(_) => "set the availability",
        PractitionerCommand::AddTimeOff(_) => "add time off",
        PractitionerCommand::RemoveTimeOff { .. } => "remove time off",
        PractitionerCommand::Deactivate => "deactivate",
    }
}

const fn status(practitioner: &Practitioner) -> &'static str {
    match (practitioner.details().is_some(), practitioner.is_deactivated()) {
        (false, _) => "none",
        (true, false) => "active",
        (true, true) => "inactive",
    }
}

pub(super) fn table() -> String {
    let way = [register(), away(AWAY), PractitionerCommand::Deactivate];
    let states = [
        ("none", Practitioner::default()),
        ("active", after(way[..2].to_vec())),
        ("inactive", after(way.to_vec())),
    ];
    let commands = [
        register(),
        change(),
        availability(),
        away(Uuid::from_u128(6)),
        PractitionerCommand::RemoveTimeOff { time_off_id: AWAY },
        PractitionerCommand::Deactivate,
    ];
    let rows = commands.map(|command| (name(&command).to_owned(), command));
    super::table("practitioner", &states, rows.into(), status)
}
