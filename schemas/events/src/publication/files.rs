//! The published files of a checkout's `schemas/` folder, as text by path.

use std::collections::BTreeMap;

use serde_json::Value;

use super::SchemaId;

/// The files at the time of compilation.
static COMPILED_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/published.rs"));

/// Published files by their path below `schemas/`: `json/…`, `samples/…`, `samples/expected/…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedFiles(BTreeMap<String, String>);

/// The name or content of a published file is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} {reason}")]
pub struct Malformed {
    /// The path of the file.
    pub path: String,
    /// The reason.
    pub reason: &'static str,
}

impl PublishedFiles {
    /// The folders of the files.
    pub const FOLDERS: [&'static str; 3] = ["json", "samples", "samples/expected"];

    /// The files at the time of compilation.
    #[must_use]
    pub fn compiled_in() -> Self {
        COMPILED_IN.iter().map(|(path, text)| (*path, *text)).collect()
    }

    /// A file at the time of compilation.
    pub(super) fn text(path: &str) -> Option<&'static str> {
        let found = COMPILED_IN.iter().find(|(known, _)| *known == path);
        found.map(|(_, text)| *text)
    }

    /// Returns a file by its path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// All files by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Whether there are no files.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn insert(&mut self, path: String, text: String) {
        self.0.insert(path, text);
    }

    /// The JSON Schemas.
    ///
    /// # Errors
    /// The name or content of a file in `json/` is not that of a schema.
    pub fn schemas(&self) -> Result<BTreeMap<SchemaId, Value>, Malformed> {
        self.iter()
            .filter_map(|(path, text)| Some((path, path.strip_prefix("json/")?, text)))
            .map(|(path, name, text)| {
                let malformed = |reason| Malformed {
                    path: path.to_owned(),
                    reason,
                };
                let id = SchemaId::from_schema_file(name)
                    .ok_or_else(|| malformed("is not named <type>.v<version>.schema.json"))?;
                let schema: Value = serde_json::from_str(text).map_err(|_| malformed("is not JSON"))?;
                if schema.is_object() {
                    Ok((id, schema))
                } else {
                    Err(malformed("is not a JSON Schema"))
                }
            })
            .collect()
    }
}

impl<P: Into<String>, T: Into<String>> FromIterator<(P, T)> for PublishedFiles {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        Self(
            files
                .into_iter()
                .map(|(path, text)| (path.into(), text.into()))
                .collect(),
        )
    }
}
