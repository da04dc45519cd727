//! Checks that the read models match the log, and that the log obeys the rules of the ledger and the appointments.

use std::collections::BTreeMap;

use projection_service::{
    Projection,
    verify::{Bookings, Ledger, VerifiedProjection, verify_bookings, verify_ledger as sum_up, verify_rows},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    console,
    models::Models,
    rebuild::{difference_as_json, difference_as_text},
};

/// The result for one projection.
#[derive(Debug, Serialize)]
pub(super) struct ProjectionVerdict {
    projection: &'static str,
    /// The position at which it was compared.
    position: u64,
    /// The number of correct rows.
    rows: u64,
    missing: u64,
    extra: u64,
    different: u64,
    /// The first incorrect rows.
    first: Vec<Value>,
    #[serde(skip)]
    lines: Vec<String>,
}

impl From<VerifiedProjection> for ProjectionVerdict {
    fn from(verified: VerifiedProjection) -> Self {
        let found = verified.comparison;
        Self {
            projection: verified.projection,
            position: verified.position,
            rows: found.same,
            missing: found.missing,
            extra: found.extra,
            different: found.different,
            first: found.first.iter().map(difference_as_json).collect(),
            lines: found.first.iter().map(difference_as_text).collect(),
        }
    }
}

impl ProjectionVerdict {
    pub(super) const fn is_whole(&self) -> bool {
        self.missing + self.extra + self.different == 0
    }

    pub(super) fn readable(&self) -> String {
        let Self {
            projection,
            position,
            rows,
            missing,
            extra,
            different,
            ..
        } = self;
        if self.is_whole() {
            return format!("{projection:<24}{rows:>12} rows match the log up to {position}");
        }
        let lines = self.lines.join("\n");
        format!(
            "{projection:<24}{rows:>12} rows match the log up to {position}; {missing} are missing, {extra} extra, \
             {different} different:\n{lines}"
        )
    }
}

/// The result for the ledger.
#[derive(Debug, Serialize)]
pub(super) struct LedgerVerdict {
    balanced: bool,
    entries: u64,
    /// The sum of all postings by currency, in minor units.
    sums: BTreeMap<&'static str, i128>,
    unbalanced: u64,
    /// The positions of the first events whose entries do not sum to zero.
    first: Vec<u64>,
    unreadable: u64,
}

impl From<Ledger> for LedgerVerdict {
    fn from(ledger: Ledger) -> Self {
        Self {
            balanced: ledger.is_balanced(),
            entries: ledger.entries,
            sums: ledger
                .sums
                .iter()
                .map(|(currency, sum)| (*currency, sum.minor))
                .collect(),
            unbalanced: ledger.unbalanced,
            first: ledger.first,
            unreadable: ledger.unreadable,
        }
    }
}

impl LedgerVerdict {
    pub(super) const fn is_whole(&self) -> bool {
        self.balanced
    }

    pub(super) fn readable(&self) -> String {
        let Self {
            entries,
            unbalanced,
            unreadable,
            ..
        } = self;
        let name = "ledger";
        if self.balanced {
            return format!("{name:<24}{entries:>12} entries sum to zero in every currency");
        }
        format!(
            "{name:<24}{entries:>12} entries; {unbalanced} do not sum to zero, {unreadable} cannot be read; the first are \
             at positions {:?} of BILLING",
            self.first
        )
    }
}

/// The result for the appointments.
#[derive(Debug, Serialize)]
pub(super) struct AppointmentsVerdict {
    appointments: u64,
    overlaps: u64,
    /// The first overlaps.
    first: Vec<Value>,
    unreadable: u64,
}

impl From<Bookings> for AppointmentsVerdict {
    fn from(bookings: Bookings) -> Self {
        let overlaps = bookings.first.iter().map(|overlap| {
            let (one, other) = overlap.appointments;
            json!({"of": overlap.whose, "id": overlap.person, "appointments": [one, other]})
        });
        Self {
            appointments: bookings.appointments,
            overlaps: bookings.overlaps,
            first: overlaps.collect(),
            unreadable: bookings.unreadable,
        }
    }
}

impl AppointmentsVerdict {
    pub(super) const fn is_whole(&self) -> bool {
        self.overlaps == 0 && self.unreadable == 0
    }

    pub(super) fn readable(&self) -> String {
        let Self {
            appointments,
            overlaps,
            unreadable,
            ..
        } = self;
        let name = "appointments";
        if self.is_whole() {
            return format!("{name:<24}{appointments:>12} hold a slot, and none overlaps another unless overbooked");
        }
        let mut text = format!(
            "{name:<24}{appointments:>12} hold a slot; {overlaps} pairs overlap, and {unreadable} events cannot be read"
        );
        for overlap in &self.first {
            text.push_str(&format!("\n  {overlap}"));
        }
        text
    }
}

pub(super) async fn verify_projections(
    open: &Models,
    projections: &[&'static Projection],
) -> anyhow::Result<Vec<ProjectionVerdict>> {
    let bar = console::progress("projections", 0);
    let verified = verify_rows(
        &open.journal,
        &open.pool,
        &open.settings,
        projections,
        &console::shown_on(&bar),
    )
    .await;
    bar.finish_and_clear();
    Ok(verified?.into_iter().map(Into::into).collect())
}

pub(super) async fn verify_ledger(open: &Models) -> anyhow::Result<LedgerVerdict> {
    let bar = console::progress("ledger", 0);
    let summed = sum_up(&open.journal, &console::shown_on(&bar)).await;
    bar.finish_and_clear();
    Ok(summed?.into())
}

pub(super) async fn verify_appointments(open: &Models) -> anyhow::Result<AppointmentsVerdict> {
    let bar = console::progress("appointments", 0);
    let verified = verify_bookings(&open.journal, &console::shown_on(&bar)).await;
    bar.finish_and_clear();
    Ok(verified?.into())
}
