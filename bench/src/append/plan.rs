//! What a run of the append benchmark is to measure, and the contenders of each cell.

use bench_driver::{Cell, Distribution, System};
use serde::Serialize;

use crate::servers::Place;

/// What a run is to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The numbers of clients.
    pub clients: Vec<usize>,
    /// How the clients choose among the aggregates.
    pub distributions: Vec<Distribution>,
    /// How long each cell is measured.
    pub seconds: f64,
    /// How often each cell is run; the figures are medians.
    pub rounds: usize,
    /// Among how many aggregates the clients choose.
    pub aggregates: usize,
    /// The size of an event's body.
    pub event_bytes: usize,
    /// Whether fsyncs are counted, where there is an strace.
    pub count_syncs: bool,
    /// Among how many events an aggregate is loaded; 0 leaves loads out.
    pub load_events: u64,
    /// To how many events a stream is grown to see whether appends slow down; 0 leaves growth out.
    pub growth_events: u64,
    /// How many events a commit of the grown stream holds.
    pub growth_commit_events: usize,
}

/// A system in one shape: what is measured side by side with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Contender {
    pub(crate) system: System,
    /// How many operations it has in flight.
    pub(crate) in_flight: usize,
    /// How many events one operation stores.
    pub(crate) batch: usize,
}

impl Contender {
    /// A system whose clients each have one operation in flight.
    pub(crate) const fn of(system: System, clients: usize) -> Self {
        Self {
            system,
            in_flight: clients,
            batch: 1,
        }
    }

    pub(crate) const fn bare(in_flight: usize, batch: usize) -> Self {
        Self {
            system: System::Bare,
            in_flight,
            batch,
        }
    }

    /// One message after the other, each of so many events: what a store that commits so can reach at all.
    pub(crate) const fn packed(batch: usize) -> Self {
        Self {
            system: System::Packed,
            in_flight: 1,
            batch,
        }
    }

    /// Its name, for people.
    pub(crate) fn name(self) -> String {
        match (self.system, self.batch) {
            (System::Bare, 1) => format!("bare, {} in flight", self.in_flight),
            (System::Bare, batch) => format!("bare, {} x {batch} in flight", self.in_flight),
            (System::Packed, batch) => format!("packed, 1 x {batch} in flight"),
            (system, _) => system.name().to_owned(),
        }
    }
}

/// The numbers of clients whose rate is held against messages of as many events.
pub(crate) const CROWDS: [usize; 3] = [64, 256, 1_000];
/// The number of clients whose rate is held against atomic batches, and the batches: one is sent while another is stored.
pub(crate) const BATCHES_AT: usize = 256;
pub(crate) const BATCHES: Contender = Contender::bare(2, 500);

/// What runs side by side at a number of clients. Bare publishes have no aggregates, so they run beside one distribution
/// only.
pub(crate) fn contenders(clients: usize, distribution: Distribution, with_peers: bool) -> Vec<Contender> {
    let mut contenders = vec![
        Contender::of(System::Anamnesis, clients),
        Contender::of(System::Jetstream, clients),
    ];
    if with_peers {
        contenders.push(Contender::of(System::Umadb, clients));
        contenders.push(Contender::of(System::PostgresEs, clients));
    }
    if distribution == Distribution::Uniform {
        match clients {
            1 => contenders.push(Contender::bare(1, 1)),
            clients if CROWDS.contains(&clients) => contenders.push(Contender::packed(clients)),
            _ => {}
        }
        if clients == BATCHES_AT {
            contenders.push(BATCHES);
        }
    }
    contenders
}

impl Plan {
    /// The warm-up of a cell: a quarter of what is measured, and not more than a second.
    pub(crate) fn warm_up_seconds(&self) -> f64 {
        (self.seconds / 4.0).min(1.0)
    }

    /// A cell for a contender.
    pub(crate) fn cell(&self, contender: Contender, distribution: Distribution, label: String, place: Place) -> Cell {
        Cell {
            system: contender.system,
            url: place.url,
            server_pid: place.pid,
            label,
            clients: contender.in_flight,
            batch: contender.batch,
            distribution,
            aggregates: self.aggregates,
            seeded: true,
            event_bytes: self.event_bytes,
            warm_up_seconds: self.warm_up_seconds(),
            seconds: self.seconds,
        }
    }
}
