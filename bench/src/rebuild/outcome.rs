//! The measurements of a run.

use serde::Serialize;

use super::{
    part::{Deed, PartMeasured},
    seed::Clinic,
};

/// A part in one round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The round, from 1.
    pub(super) round: usize,
    pub(super) deed: Deed,
    /// The number of events in the streams divided by the time, for every kind of part.
    pub(super) events_per_second: f64,
    #[serde(flatten)]
    pub(super) measured: PartMeasured,
}

/// A clinic of one size, and its measurements.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Size {
    /// The requested number of events.
    pub(super) asked: u64,
    #[serde(flatten)]
    pub(super) clinic: Clinic,
    /// The time to create the clinic, in seconds. It is not a figure.
    pub(super) seeding_seconds: f64,
    pub(super) cells: Vec<Row>,
}

impl Size {
    /// The rates of a deed, with their rounds.
    pub(super) fn rates(&self, deed: Deed) -> Vec<(usize, f64)> {
        let rows = self.cells.iter().filter(|row| row.deed == deed);
        rows.map(|row| (row.round, row.events_per_second)).collect()
    }

    /// The rate of the slower limit in each round.
    pub(super) fn limits(&self) -> Vec<(usize, f64)> {
        let copies = self.rates(Deed::Copy);
        let reads = self.rates(Deed::Read).into_iter();
        let both = reads.filter_map(|(round, read)| {
            let (_, copy) = copies.iter().find(|(other, _)| *other == round)?;
            Some((round, read.min(*copy)))
        });
        both.collect()
    }

    /// A value of all parts of a deed.
    pub(super) fn of(&self, deed: Deed, value: impl Fn(&PartMeasured) -> Option<f64>) -> Vec<f64> {
        let rows = self.cells.iter().filter(|row| row.deed == deed);
        rows.filter_map(|row| value(&row.measured)).collect()
    }
}

/// All measurements.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    /// The first clinic is the one of the figures.
    pub(super) sizes: Vec<Size>,
}
