//! The arguments of `anamnesis verify`.

use projection_service::Projection;

use crate::projections::projection;

const EXAMPLES: &str = "Examples:
  anamnesis verify
  anamnesis verify --chain --stream PATIENTS
  anamnesis verify --projection appointment --json

The exit code is 0 only when no check finds a fault.";

/// Check the data: the hash chains of the log, the read models and the ledger.
///
/// Use it after a restore, after a disk problem, and as a regular audit. It runs the checks that the options name, and all
/// of them without options. It only reads, and services can keep running.
///
/// For the log it reports the first fault of each stream: the sequence, and the aggregate and version if they are known.
/// For the read models it reports missing, extra and different rows by key and column, but never values. If a hash chain is
/// broken, it skips the other checks.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Verify {
    /// Read every stream from the start. Check that no sequence is missing, that the versions of each aggregate are
    /// complete, and that each commit carries the hash of the commit before it.
    #[arg(long)]
    pub(crate) chain: bool,
    /// Check only the chain of this stream: PATIENTS, SCHEDULING, PRESCRIBING or BILLING.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["projections", "projection", "ledger"])]
    pub(crate) stream: Option<journal::Context>,
    /// Fold every projection from the log, and compare the result with its rows.
    #[arg(long)]
    pub(crate) projections: bool,
    /// Do this for one projection only. Can be repeated.
    #[arg(long, value_name = "NAME", value_parser = projection)]
    pub(crate) projection: Vec<&'static Projection>,
    /// Check that every ledger entry sums to zero in each currency, and that no two appointments of a practitioner or
    /// patient overlap unless one of them is overbooked.
    #[arg(long)]
    pub(crate) ledger: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Verify {
    pub(super) fn wants_chain(&self) -> bool {
        self.chain || self.stream.is_some() || self.names_no_check()
    }

    pub(super) fn wanted_projections(&self) -> Vec<&'static Projection> {
        if self.projections || self.names_no_check() {
            return projection_service::ALL.iter().collect();
        }
        self.projection.clone()
    }

    /// Whether to check the ledger and the appointments.
    pub(super) fn wants_ledger(&self) -> bool {
        self.ledger || self.names_no_check()
    }

    fn names_no_check(&self) -> bool {
        !self.chain && self.stream.is_none() && !self.projections && self.projection.is_empty() && !self.ledger
    }
}
