//! What a run has measured, before anything is made of it.

use serde::Serialize;

use super::{
    part::{Deed, PartMeasured},
    seed::Clinic,
};

/// One part of one round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The round, from 1.
    pub(super) round: usize,
    pub(super) deed: Deed,
    /// The events of the streams, whatever is done with them, divided by the time.
    pub(super) events_per_second: f64,
    #[serde(flatten)]
    pub(super) measured: PartMeasured,
}

/// A clinic of one size, and what was measured of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Size {
    /// How many events were asked for.
    pub(super) asked: u64,
    #[serde(flatten)]
    pub(super) clinic: Clinic,
    /// The time it took to make the clinic, in seconds. It is no figure.
    pub(super) seeding_seconds: f64,
    pub(super) cells: Vec<Row>,
}

impl Size {
    /// The rates of a deed, with their rounds.
    pub(super) fn rates(&self, deed: Deed) -> Vec<(usize, f64)> {
        let rows = self.cells.iter().filter(|row| row.deed == deed);
        rows.map(|row| (row.round, row.events_per_second)).collect()
    }

    /// The rates of the slower of the two limits in each round.
    pub(super) fn limits(&self) -> Vec<(usize, f64)> {
        let copies = self.rates(Deed::Copy);
        let reads = self.rates(Deed::Read).into_iter();
        let both = reads.filter_map(|(round, read)| {
            let (_, copy) = copies.iter().find(|(other, _)| *other == round)?;
            Some((round, read.min(*copy)))
        });
        both.collect()
    }

    /// Of a deed, what the parts say.
    pub(super) fn of(&self, deed: Deed, value: impl Fn(&PartMeasured) -> Option<f64>) -> Vec<f64> {
        let rows = self.cells.iter().filter(|row| row.deed == deed);
        rows.filter_map(|row| value(&row.measured)).collect()
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    /// The clinic that the figures are about comes first.
    pub(super) sizes: Vec<Size>,
}
