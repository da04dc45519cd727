//! The report of an import: counts, and a file with a line for each resource that was not imported unchanged.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    fate::Fate,
    fhir::{Note, RESOURCE_TYPES, What},
    source::Place,
};

/// The number of reasons, elements and types that are counted separately.
const MAX_COUNTED: usize = 500;
const BEYOND: &str = "others";

/// The number of resources of one type by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tally {
    pub(crate) imported: usize,
    pub(crate) already_there: usize,
    #[serde(skip_serializing_if = "is_none")]
    pub(crate) differing: usize,
    #[serde(skip_serializing_if = "is_none")]
    pub(crate) updated: usize,
    pub(crate) skipped: usize,
    pub(crate) refused: usize,
}

/// The number of times an element was changed or left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Elements {
    #[serde(skip_serializing_if = "is_none")]
    changed: usize,
    #[serde(skip_serializing_if = "is_none")]
    left_out: usize,
}

/// A line of the file. It names the resource, without its content.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    outcome: &'static str,
    resource_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    differs: &'a [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [Note],
}

/// The outcomes for all resources.
#[derive(Debug)]
pub(crate) struct Report {
    tallies: BTreeMap<&'static str, Tally>,
    skipped: BTreeMap<String, usize>,
    elements: BTreeMap<String, Elements>,
    others: BTreeMap<String, u64>,
    path: PathBuf,
    file: BufWriter<File>,
}

/// The summary as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    #[serde(flatten)]
    tallies: &'a BTreeMap<&'static str, Tally>,
    elements: &'a BTreeMap<String, Elements>,
    other_resources: &'a BTreeMap<String, u64>,
    report: &'a Path,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Report {
    /// Creates a report in a file that only its owner can read.
    ///
    /// # Errors
    /// The file cannot be created.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        Ok(Self {
            tallies: BTreeMap::new(),
            skipped: BTreeMap::new(),
            elements: BTreeMap::new(),
            others: BTreeMap::new(),
            path: path.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// Counts the resources of types that are not imported.
    pub(super) fn add_others(&mut self, others: BTreeMap<String, u64>) {
        for (kind, count) in others {
            *counted(&mut self.others, &kind) += count;
        }
    }

    /// Adds a resource. `unread` are the elements that the import does not know.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn add(
        &mut self,
        resource_type: &'static str,
        place: &Place,
        fate: &Fate,
        notes: &[Note],
        unread: &[String],
    ) -> io::Result<()> {
        let tally = self.tallies.entry(resource_type).or_default();
        let (outcome, count) = match fate {
            Fate::Imported => ("imported", &mut tally.imported),
            Fate::AlreadyThere => ("alreadyThere", &mut tally.already_there),
            Fate::Differs(_) => ("differs", &mut tally.differing),
            Fate::Updated(_) => ("updated", &mut tally.updated),
            Fate::Skipped(_) => ("skipped", &mut tally.skipped),
            Fate::Refused(_) => ("refused", &mut tally.refused),
        };
        *count += 1;
        if let Fate::Skipped(reason) = fate {
            *counted(&mut self.skipped, reason) += 1;
        }
        if !matches!(fate, Fate::Skipped(_) | Fate::Refused(_)) {
            for element in unread {
                counted(&mut self.elements, &format!("{resource_type}.{element}")).left_out += 1;
            }
            for note in notes {
                let elements = counted(&mut self.elements, &format!("{resource_type}.{}", note.element));
                match note.what {
                    What::Changed => elements.changed += 1,
                    What::LeftOut => elements.left_out += 1,
                }
            }
        }
        if notes.is_empty() && matches!(fate, Fate::Imported | Fate::AlreadyThere) {
            return Ok(());
        }
        let (reason, differs) = match fate {
            Fate::Skipped(reason) | Fate::Refused(reason) => (Some(reason.as_str()), &[][..]),
            Fate::Differs(differs) | Fate::Updated(differs) => (None, differs.as_slice()),
            Fate::Imported | Fate::AlreadyThere => (None, &[][..]),
        };
        let number = Some(place.number).filter(|number| *number > 0);
        let entry = Entry {
            outcome,
            resource_type,
            id: place.id.as_deref(),
            file: &place.file,
            line: number.filter(|_| !place.is_entry),
            entry: number.filter(|_| place.is_entry),
            reason,
            differs,
            notes,
        };
        serde_json::to_writer(&mut self.file, &entry)?;
        self.file.write_all(b"\n")
    }

    /// Flushes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// The counts of one type.
    pub(crate) fn tally(&self, resource_type: &str) -> Tally {
        self.tallies.get(resource_type).copied().unwrap_or_default()
    }

    pub(crate) fn refused(&self) -> usize {
        self.tallies.values().map(|tally| tally.refused).sum()
    }

    /// The number of resources that differ from the stored ones.
    pub(crate) fn differing(&self) -> usize {
        self.tallies.values().map(|tally| tally.differing).sum()
    }

    /// The counts as JSON.
    ///
    /// # Errors
    /// It cannot be serialised.
    pub(crate) fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Summary {
            tallies: &self.tallies,
            elements: &self.elements,
            other_resources: &self.others,
            report: &self.path,
        })
    }
}

/// The count of a key; the common count if there are too many keys.
fn counted<'a, T: Default>(counts: &'a mut BTreeMap<String, T>, key: &str) -> &'a mut T {
    let is_known = counts.contains_key(key) || counts.len() < MAX_COUNTED;
    counts
        .entry(if is_known { key } else { BEYOND }.to_owned())
        .or_default()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18}{:>10}{:>15}{:>11}{:>10}{:>10}{:>10}",
            "", "imported", "already there", "differing", "updated", "skipped", "refused"
        )?;
        for resource_type in RESOURCE_TYPES {
            let tally = self.tally(resource_type);
            writeln!(
                f,
                "{resource_type:<18}{:>10}{:>15}{:>11}{:>10}{:>10}{:>10}",
                tally.imported, tally.already_there, tally.differing, tally.updated, tally.skipped, tally.refused
            )?;
        }
        for (reason, count) in &self.skipped {
            writeln!(f, "skipped: {count} × {reason}")?;
        }
        for (element, elements) in self.elements.iter().filter(|(_, elements)| elements.changed > 0) {
            writeln!(f, "changed: {} × {element}", elements.changed)?;
        }
        for (element, elements) in self.elements.iter().filter(|(_, elements)| elements.left_out > 0) {
            writeln!(f, "left out: {} × {element}", elements.left_out)?;
        }
        for (kind, count) in &self.others {
            writeln!(f, "not imported: {count} × {kind}")?;
        }
        Ok(())
    }
}
