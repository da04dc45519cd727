//! The mixed workload of a clinic.

use std::sync::Arc;

use bench_driver::{Done, Tasks};
use fastrand::Rng;

use super::{Clinic, http::Answer};

/// The kinds of commands.
pub(crate) const KINDS: &[&str] = &["register", "book", "reschedule", "arrive", "fulfil", "pay"];
const REGISTER: usize = 0;
const BOOK: usize = 1;
const RESCHEDULE: usize = 2;
const ARRIVE: usize = 3;
const FULFIL: usize = 4;
const PAY: usize = 5;

/// Of a hundred commands, 30 register, 40 book, 10 reschedule, 10 record an arrival or a fulfilment, and 10 pay.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    /// The clinic, through each of the processes that serve it. Each client uses one of them.
    ways: Vec<Arc<Clinic>>,
}

impl Tasks for Mix {
    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    async fn work(&self, client: usize, random: &mut Rng) -> Done {
        let (kind, answer) = self.act(client, random).await;
        done(kind, answer)
    }
}

impl Mix {
    /// The mix in a clinic that one process serves.
    pub(crate) fn of(clinic: &Arc<Clinic>) -> Self {
        Self {
            ways: vec![clinic.clone()],
        }
    }

    /// The mix in a clinic that several processes serve. The clients are spread evenly.
    pub(crate) fn by_ways(ways: [Arc<Clinic>; 2]) -> Self {
        Self { ways: ways.into() }
    }

    /// Sends the next command of a client. Returns its kind and the response.
    pub(crate) async fn act(&self, client: usize, random: &mut Rng) -> (usize, Result<Answer, String>) {
        let clinic = &self.ways[client % self.ways.len()];
        match random.u32(0..100) {
            0..30 => (REGISTER, clinic.register().await),
            30..70 => (BOOK, clinic.book(random).await),
            70..80 => match clinic.reschedule().await {
                Some(answer) => (RESCHEDULE, answer),
                None => (BOOK, clinic.book(random).await),
            },
            80..90 => attend(clinic, random).await,
            _ => (PAY, clinic.pay(random).await),
        }
    }
}

/// Fulfils the appointment of an arrived patient, then records the arrival of the next one.
async fn attend(clinic: &Clinic, random: &mut Rng) -> (usize, Result<Answer, String>) {
    if let Some(answer) = clinic.fulfil().await {
        return (FULFIL, answer);
    }
    match clinic.arrive().await {
        Some(answer) => (ARRIVE, answer),
        None => (BOOK, clinic.book(random).await),
    }
}

/// The outcome of a command.
pub(crate) fn done(kind: usize, answer: Result<Answer, String>) -> Done {
    Done {
        kind,
        outcome: answer.map(|_| ()),
    }
}
