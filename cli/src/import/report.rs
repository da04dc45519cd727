//! The report of an import: counts by type, and a file of refused resources with the reasons.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::Path,
};

use serde::Serialize;

use super::{Place, RESOURCE_TYPES};

/// The outcome for one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was added to the log.
    Imported,
    /// The log already had it.
    AlreadyThere,
    /// It is not a kind that is imported, for this reason.
    Skipped(String),
    /// It cannot be imported, for this reason.
    Refused(String),
}

/// The number of resources of one type by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tally {
    pub(crate) imported: usize,
    pub(crate) already_there: usize,
    pub(crate) skipped: usize,
    pub(crate) refused: usize,
}

/// A refused resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    resource_type: &'static str,
    id: Option<String>,
    file: String,
    line: usize,
    reason: String,
}

/// The outcomes for all resources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    tallies: BTreeMap<&'static str, Tally>,
    refused: Vec<Refused>,
    skipped: BTreeMap<String, usize>,
    /// The number of prescriptions that the imported medication requests form.
    prescriptions: usize,
}

impl Report {
    pub(super) fn prescribed(&mut self, fate: &Fate) {
        self.prescriptions += usize::from(matches!(fate, Fate::Imported | Fate::AlreadyThere));
    }

    pub(super) fn add(&mut self, resource_type: &'static str, (place, fate): (Place, Fate)) {
        let tally = self.tallies.entry(resource_type).or_default();
        match fate {
            Fate::Imported => tally.imported += 1,
            Fate::AlreadyThere => tally.already_there += 1,
            Fate::Skipped(reason) => {
                tally.skipped += 1;
                *self.skipped.entry(reason).or_default() += 1;
            }
            Fate::Refused(reason) => {
                tally.refused += 1;
                let Place { file, number, id } = place;
                self.refused.push(Refused {
                    resource_type,
                    id,
                    file,
                    line: number,
                    reason,
                });
            }
        }
    }

    /// The counts of one type.
    pub(crate) fn tally(&self, resource_type: &str) -> Tally {
        self.tallies.get(resource_type).copied().unwrap_or_default()
    }

    /// The counts by type.
    pub(crate) const fn tallies(&self) -> &BTreeMap<&'static str, Tally> {
        &self.tallies
    }

    pub(crate) const fn refused(&self) -> usize {
        self.refused.len()
    }

    /// Writes the refused resources as one JSON object per line: type, id, file, line and reason, but no content.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write_refused(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = BufWriter::new(File::create(path)?);
        for refused in &self.refused {
            serde_json::to_writer(&mut file, refused)?;
            file.write_all(b"\n")?;
        }
        file.flush()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18}{:>10}{:>15}{:>10}{:>10}",
            "", "imported", "already there", "skipped", "refused"
        )?;
        for resource_type in RESOURCE_TYPES {
            let tally = self.tally(resource_type);
            writeln!(
                f,
                "{resource_type:<18}{:>10}{:>15}{:>10}{:>10}",
                tally.imported, tally.already_there, tally.skipped, tally.refused
            )?;
        }
        if self.prescriptions > 0 {
            let requests = self.tally("MedicationRequest");
            let (medicines, prescriptions) = (requests.imported + requests.already_there, self.prescriptions);
            writeln!(
                f,
                "{medicines} medication requests form {prescriptions} prescriptions: one per encounter, requester and status"
            )?;
        }
        for (reason, count) in &self.skipped {
            writeln!(f, "skipped: {count} × {reason}")?;
        }
        Ok(())
    }
}
