//! The measurements as tables.

use super::{
    outcome::{Outcome, Size},
    part::Deed,
    phases::Phases,
};
use crate::{Table, statistics::median};

pub(super) fn of(outcome: &Outcome) -> Vec<Table> {
    outcome
        .sizes
        .iter()
        .flat_map(|size| [rates(size), phases(size)])
        .collect()
}

fn rates(size: &Size) -> Table {
    let heading = format!(
        "{} events of {} patients and {} appointments",
        size.clinic.events, size.clinic.patients, size.clinic.appointments
    );
    let mut table = Table::new(&heading, ["", "events/s", "seconds", "memory MB"]);
    let deeds = [
        (Deed::Rebuild, "anamnesis"),
        (Deed::Read, "limit: read the streams"),
        (Deed::Copy, "limit: copy the rows"),
    ];
    let measured = |deed: &Deed| size.cells.iter().any(|row| row.deed == *deed);
    let peers = Deed::PEERS.into_iter().filter(measured).map(|deed| (deed, deed.name()));
    for (deed, name) in deeds.into_iter().chain(peers) {
        table.row([
            name.to_owned(),
            shown(0, median(size.rates(deed).into_iter().map(|(_, rate)| rate))),
            shown(2, median(size.of(deed, |measured| Some(measured.seconds)))),
            shown(0, median(size.of(deed, |measured| measured.rss_mb))),
        ]);
    }
    table
}

fn phases(size: &Size) -> Table {
    let mut table = Table::new("Phases of a rebuild", ["phase", "seconds"]);
    let mut row = |name: &str, seconds: fn(&Phases) -> f64| {
        let seconds = median(size.of(Deed::Rebuild, |measured| Some(seconds(&measured.phases))));
        table.row([name.to_owned(), shown(2, seconds)]);
    };
    row("beginning", |phases| phases.beginning);
    row("folding", |phases| phases.folding);
    row("building indexes", |phases| phases.indexing);
    row("comparing", |phases| phases.comparing);
    row("swapping", |phases| phases.swapping);
    table
}

fn shown(decimals: usize, value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"))
}
