//! Updates the published files from the code. It regenerates derived files, and never changes published ones. Samples
//! are written by hand and never change.

use std::collections::{BTreeMap, BTreeSet};

use domain::EventName;
use serde_json::{Value, json};

use super::{
    Incompatibility, Malformed, PublishedFiles, SchemaId, incompatibilities, pretty, retired::is_of_retired, schema,
    sha256, versions,
};
use crate::{CATALOGUE, Event};

const SUMS: &str = "samples/SHA256SUMS";

/// The reason the published files cannot be updated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name or content of a published file is invalid.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The change to a published version is incompatible.
    #[error(transparent)]
    Incompatible(Incompatibility),
    /// An event version has no sample.
    #[error("{path} is missing: write the event's body into it, with every field filled")]
    NoSample {
        /// The path of the missing sample.
        path: String,
    },
    /// A sample cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The path of the sample.
        path: String,
        /// The reason.
        reason: String,
    },
    /// The reading of a sample has changed.
    #[error(
        "{path} no longer says what its sample reads as: the meaning of events that are in the log has changed. Give \
         the event a new version instead, with an upcaster"
    )]
    ReadsOtherwise {
        /// The path of the expected reading.
        path: String,
    },
    /// An immutable file has changed.
    #[error("{path} has changed: what was published stays as it is. Restore it")]
    Changed {
        /// The path of the file.
        path: String,
    },
    /// An immutable file is missing.
    #[error("{path} is gone: what was published stays. Restore it")]
    Gone {
        /// The path of the file.
        path: String,
    },
    /// A file belongs to no event version.
    #[error("{path} belongs to no version of an event")]
    Stray {
        /// The path of the file.
        path: String,
    },
}

/// Returns the files to write: missing ones and outdated ones. The result is empty if all are up to date.
///
/// # Errors
/// Manual work is needed first. Each refusal describes one task.
pub fn renew(files: &PublishedFiles) -> Result<PublishedFiles, Vec<Refusal>> {
    let mut renewal = Renewal {
        files,
        written: PublishedFiles::default(),
        sums: sums(files),
        refusals: Vec::new(),
    };
    renewal.schemas();
    for aggregate in CATALOGUE {
        for name in aggregate.events {
            for version in 1..=name.schema_version {
                renewal.sample(aggregate.aggregate_type, *name, version);
            }
        }
    }
    renewal.strays();
    renewal.finish()
}

/// The listed checksums by path.
fn sums(files: &PublishedFiles) -> BTreeMap<String, String> {
    let lines = files.get(SUMS).unwrap_or_default().lines();
    lines
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, file)| (format!("samples/{file}"), sum.to_owned()))
        .collect()
}

struct Renewal<'a> {
    files: &'a PublishedFiles,
    written: PublishedFiles,
    sums: BTreeMap<String, String>,
    refusals: Vec<Refusal>,
}

impl Renewal<'_> {
    /// Writes the schemas of all current versions. Schemas of older versions stay as published.
    fn schemas(&mut self) {
        let published = match self.files.schemas() {
            Ok(published) => published,
            Err(malformed) => return self.refusals.push(malformed.into()),
        };
        let mut present = published.clone();
        present.retain(|id, _| versions().any(|known| known == *id));
        for name in CATALOGUE.iter().flat_map(|aggregate| aggregate.events) {
            let id = SchemaId::new(name.event_type, name.schema_version);
            if let Some(schema) = schema(&id) {
                self.derive(id.schema_path(), pretty(&schema));
                present.insert(id, schema);
            }
        }
        let gone = versions().filter(|id| !present.contains_key(id));
        self.refusals
            .extend(gone.map(|id| Refusal::Gone { path: id.schema_path() }));
        let refused = incompatibilities(&published, &present);
        self.refusals.extend(refused.into_iter().map(Refusal::Incompatible));
    }

    /// Checks a sample. Writes its expected reading if that is missing or was made by an older version of the event.
    fn sample(&mut self, aggregate_type: &str, name: EventName, version: u32) {
        let id = SchemaId::new(name.event_type, version);
        let (path, expected_path) = (id.sample_path(), id.expected_path());
        let Some(sample) = self.files.get(&path) else {
            let listed = self.sums.contains_key(&path);
            return self.refusals.push(if listed {
                Refusal::Gone { path }
            } else {
                Refusal::NoSample { path }
            });
        };
        let reading = match reading(aggregate_type, name, version, sample) {
            Ok(reading) => reading,
            Err(reason) => return self.refusals.push(Refusal::Unreadable { path, reason }),
        };
        self.seal(path, sample, false);
        let recorded = self.files.get(&expected_path);
        let version_recorded = recorded
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .and_then(|recorded| recorded["schemaVersion"].as_u64());
        let superseded = version_recorded.is_some_and(|recorded| recorded < u64::from(name.schema_version));
        if recorded.is_some_and(|recorded| recorded != reading) && !superseded {
            return self.refusals.push(Refusal::ReadsOtherwise { path: expected_path });
        }
        self.seal(expected_path.clone(), &reading, superseded);
        self.derive(expected_path, reading);
    }

    fn derive(&mut self, path: String, text: String) {
        if self.files.get(&path) != Some(text.as_str()) {
            self.written.insert(path, text);
        }
    }

    /// Checks a file against its checksum, or adds the checksum.
    fn seal(&mut self, path: String, text: &str, superseded: bool) {
        let sum = sha256(text);
        match self.sums.get(&path) {
            Some(listed) if *listed != sum && !superseded => self.refusals.push(Refusal::Changed { path }),
            _ => {
                self.sums.insert(path, sum);
            }
        }
    }

    fn strays(&mut self) {
        let samples = versions().flat_map(|id| [id.sample_path(), id.expected_path()]);
        let known: BTreeSet<String> = samples.chain([SUMS.to_owned()]).collect();
        let found = self.files.iter().map(|(path, _)| path);
        let strays = found.filter(|path| is_of_retired(path) || path.starts_with("samples/") && !known.contains(*path));
        self.refusals
            .extend(strays.map(|path| Refusal::Stray { path: path.to_owned() }));
        self.sums.retain(|path, _| !is_of_retired(path));
        let gone = self.sums.keys().filter(|path| !known.contains(*path));
        self.refusals
            .extend(gone.map(|path| Refusal::Gone { path: path.clone() }));
    }

    fn finish(mut self) -> Result<PublishedFiles, Vec<Refusal>> {
        if !self.refusals.is_empty() {
            return Err(self.refusals);
        }
        let line = |(path, sum): (&String, &String)| format!("{sum}  {}\n", path.trim_start_matches("samples/"));
        let sums = self.sums.iter().map(line).collect();
        self.derive(SUMS.to_owned(), sums);
        Ok(self.written)
    }
}

/// Reads a sample and encodes the result.
fn reading(aggregate_type: &str, name: EventName, version: u32, sample: &str) -> Result<String, String> {
    let event = Event::decode(aggregate_type, name.event_type, version, sample.as_bytes())
        .map_err(|error| error.to_string())?;
    let body = event.encode().map_err(|error| error.to_string())?;
    Ok(pretty(&json!({
        "type": body.name.event_type,
        "schemaVersion": body.name.schema_version,
        "data": body.data,
    })))
}
