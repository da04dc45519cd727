//! The plan of the append benchmark, and the contenders of each cell.

use bench_driver::{Cell, Distribution, System};
use serde::Serialize;

use crate::servers::Place;

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The numbers of clients.
    pub clients: Vec<usize>,
    /// How clients choose aggregates.
    pub distributions: Vec<Distribution>,
    /// The time each cell is measured.
    pub seconds: f64,
    /// The number of rounds. The figures are medians.
    pub rounds: usize,
    /// The number of aggregates.
    pub aggregates: usize,
    /// The size of an event body.
    pub event_bytes: usize,
    /// Whether to count fsyncs, if strace is available.
    pub count_syncs: bool,
    /// The size of the log from which an aggregate is loaded; 0 for no loads.
    pub load_events: u64,
    /// The size to which a stream is grown; 0 for no growth.
    pub growth_events: u64,
    /// The number of events per commit of the grown stream.
    pub growth_commit_events: usize,
}

/// A system in one configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Contender {
    pub(crate) system: System,
    /// The number of operations in flight.
    pub(crate) in_flight: usize,
    /// The number of events per operation.
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

    /// One message after the other, each with `batch` events: the limit of a store that commits this way.
    pub(crate) const fn packed(batch: usize) -> Self {
        Self {
            system: System::Packed,
            in_flight: 1,
            batch,
        }
    }

    /// The printed name.
    pub(crate) fn name(self) -> String {
        match (self.system, self.batch) {
            (System::Bare, 1) => format!("bare, {} in flight", self.in_flight),
            (System::Bare, batch) => format!("bare, {} x {batch} in flight", self.in_flight),
            (System::Packed, batch) => format!("packed, 1 x {batch} in flight"),
            (system, _) => system.name().to_owned(),
        }
    }
}

/// The numbers of clients that are compared with messages of as many events.
pub(crate) const CROWDS: [usize; 3] = [64, 256, 1_000];
/// The number of clients that is compared with atomic batches, and the batches: one is sent while another is stored.
pub(crate) const BATCHES_AT: usize = 256;
pub(crate) const BATCHES: Contender = Contender::bare(2, 500);

/// The contenders at a number of clients. Bare publishes have no aggregates, so they run only beside the uniform
/// distribution.
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
    /// The warm-up of a cell: a quarter of the measurement, at most a second.
    pub(crate) fn warm_up_seconds(&self) -> f64 {
        (self.seconds / 4.0).min(1.0)
    }

    /// The cell of a contender.
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
