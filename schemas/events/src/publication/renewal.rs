//! Brings the published files up to date with the code: what is derived is written anew, what was published stays. A
//! sample is never made up, and a committed one never changes.

use std::collections::{BTreeMap, BTreeSet};

use domain::EventName;
use serde_json::{Value, json};

use super::{
    Incompatibility, Malformed, PublishedFiles, SchemaId, incompatibilities, pretty, retired::is_of_retired, schema,
    sha256, versions,
};
use crate::{CATALOGUE, Event};

const SUMS: &str = "samples/SHA256SUMS";

/// Why the published files cannot be brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A published file is not what its name says.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A published version would change.
    #[error(transparent)]
    Incompatible(Incompatibility),
    /// A version of an event has no sample.
    #[error("{path} is missing: write the event's body into it, with every field filled")]
    NoSample {
        /// Where it belongs.
        path: String,
    },
    /// A sample cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// Its path.
        path: String,
        /// Why.
        reason: String,
    },
    /// A sample reads as something else than it did.
    #[error(
        "{path} no longer says what its sample reads as: the meaning of events that are in the log has changed. Give \
         the event a new version instead, with an upcaster"
    )]
    ReadsOtherwise {
        /// The path of what it read as.
        path: String,
    },
    /// A file that never changes has changed.
    #[error("{path} has changed: what was published stays as it is. Restore it")]
    Changed {
        /// Its path.
        path: String,
    },
    /// A file that never goes away is gone.
    #[error("{path} is gone: what was published stays. Restore it")]
    Gone {
        /// Its path.
        path: String,
    },
    /// A file belongs to no event.
    #[error("{path} belongs to no version of an event")]
    Stray {
        /// Its path.
        path: String,
    },
}

/// Answers with the files to be written: those that are missing, and those that are no longer what the code says.
/// Nothing, when all are up to date.
///
/// # Errors
/// Something must be done by hand first: each thing is one refusal.
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

/// The checksums that are listed, by path.
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
    /// Writes the schema of every present version. Those of older versions stay as they were published.
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

    /// Checks a sample, and writes what it reads as where that is not there, or is of an older present.
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

    /// Holds a file against its checksum, or lists it.
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

/// What a sample reads as, written back.
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
