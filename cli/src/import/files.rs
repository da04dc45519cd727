//! The source of an import: a folder of NDJSON files, or the demo clinic in the program.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};

use super::{RESOURCE_TYPES, report::Fate};

/// The reason why an import stopped early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    /// The folder contains nothing to import.
    #[error("{} contains none of {}", path.display(), RESOURCE_TYPES.map(|kind| format!("{kind}.ndjson")).join(", "))]
    Empty { path: PathBuf },
    /// A command failed for a reason that affects all commands.
    #[error("the import stopped: {0}; run it again to continue")]
    Command(String),
}

/// The resources to import, by type. They are read line by line, because an export can be larger than memory.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    files: Vec<(&'static str, String, Content)>,
}

/// The content of a file.
#[derive(Clone, Debug)]
enum Content {
    /// Part of the program.
    BuiltIn(&'static str),
    /// In a folder.
    Path(PathBuf),
}

/// The place of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// The line number, from 1.
    pub(crate) number: usize,
    /// The FHIR id, if it has one.
    pub(crate) id: Option<String>,
}

/// A resource that is not parsed yet.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) place: Place,
    text: String,
}

impl Content {
    fn lines(&self) -> Result<Box<dyn Iterator<Item = Result<String, ImportError>> + Send + '_>, ImportError> {
        match self {
            Self::BuiltIn(text) => Ok(Box::new(text.lines().map(|line| Ok(line.to_owned())))),
            Self::Path(path) => {
                let file = File::open(path).map_err(unreadable(path))?;
                Ok(Box::new(
                    BufReader::new(file).lines().map(|line| line.map_err(unreadable(path))),
                ))
            }
        }
    }
}

impl Source {
    /// The files of a folder: for each type `Patient.ndjson`, or `Patient.000.ndjson` and so on as a bulk export writes them.
    ///
    /// # Errors
    /// The folder cannot be read, or contains no such file.
    pub(crate) fn folder(folder: &Path) -> Result<Self, ImportError> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
            paths.push(entry.map_err(unreadable(folder))?.path());
        }
        paths.sort();
        let mut files = Vec::new();
        for kind in RESOURCE_TYPES {
            for path in paths.iter().filter(|path| holds(path, kind)) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push((kind, name, Content::Path(path.clone())));
            }
        }
        if files.is_empty() {
            return Err(ImportError::Empty {
                path: folder.to_owned(),
            });
        }
        Ok(Self { files })
    }

    /// The demo clinic in the program.
    pub(crate) fn demo() -> Self {
        let built_in = [
            ("Patient", include_str!("../../demo-clinic/Patient.ndjson")),
            ("Practitioner", include_str!("../../demo-clinic/Practitioner.ndjson")),
            ("Encounter", include_str!("../../demo-clinic/Encounter.ndjson")),
            (
                "MedicationRequest",
                include_str!("../../demo-clinic/MedicationRequest.ndjson"),
            ),
        ];
        Self {
            files: built_in
                .map(|(kind, text)| (kind, format!("{kind}.ndjson"), Content::BuiltIn(text)))
                .into(),
        }
    }

    /// The number of resources.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn len(&self) -> Result<u64, ImportError> {
        let mut count = 0;
        for (_, _, content) in &self.files {
            for line in content.lines()? {
                count += u64::from(!line?.trim().is_empty());
            }
        }
        Ok(count)
    }

    /// The resources of one type.
    pub(crate) fn lines(&self, kind: &'static str) -> impl Iterator<Item = Result<Line, ImportError>> + Send + '_ {
        let files = self.files.iter().filter(move |(held, _, _)| *held == kind);
        files.flat_map(|(_, file, content)| match content.lines() {
            Err(error) => Box::new(std::iter::once(Err(error))) as Box<dyn Iterator<Item = _> + Send>,
            Ok(lines) => Box::new(lines.enumerate().filter_map(|(index, text)| match text {
                Err(error) => Some(Err(error)),
                Ok(text) if text.trim().is_empty() => None,
                Ok(text) => {
                    let place = Place {
                        file: file.clone(),
                        number: index + 1,
                        id: id_of(&text),
                    };
                    Some(Ok(Line { place, text }))
                }
            })),
        })
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> ImportError + use<> {
    let path = path.to_owned();
    move |error| ImportError::Unreadable { path, error }
}

fn holds(path: &Path, kind: &str) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_prefix(kind)
        .is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".ndjson"))
}

fn id_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Identified {
        id: String,
    }
    serde_json::from_str::<Identified>(text)
        .ok()
        .map(|resource| resource.id)
}

impl Line {
    /// Parses the resource. The error names a place, never the content.
    ///
    /// # Errors
    /// It is not JSON, or not a resource of this type.
    pub(crate) fn parse<R: DeserializeOwned>(&self) -> Result<R, Fate> {
        serde_json::from_str(&self.text).map_err(|error| {
            let fault = match error.classify() {
                serde_json::error::Category::Data => "an element is missing or of the wrong type",
                _ => "not JSON",
            };
            Fate::Refused(format!("{fault} (column {})", error.column()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulk_exports_files_are_found_and_others_are_not() {
        let holds = |name: &str| holds(Path::new(name), "Patient");
        assert!(holds("Patient.ndjson") && holds("Patient.000.ndjson"));
        assert!(!holds("PatientContact.ndjson") && !holds("Patient.json") && !holds("README.md"));
    }

    #[test]
    fn a_folder_without_resources_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(Source::folder(folder.path()), Err(ImportError::Empty { .. })));
        assert!(matches!(
            Source::folder(Path::new("/no/such/folder")),
            Err(ImportError::Unreadable { .. })
        ));
    }

    #[test]
    fn a_broken_line_is_named_and_not_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(
            folder.path().join("Patient.ndjson"),
            "{\"id\":\"a\"}\n\n{\"id\":\"b\",\"name\":\"Marie",
        )
        .expect("written");
        let source = Source::folder(folder.path()).expect("readable");
        let lines: Vec<Line> = source.lines("Patient").map(|line| line.expect("readable")).collect();
        assert_eq!(lines.iter().map(|line| line.place.number).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(source.len().expect("readable"), 2);
        let Err(Fate::Refused(reason)) = lines[1].parse::<serde_json::Value>() else {
            panic!("accepted")
        };
        assert!(reason.starts_with("not JSON") && !reason.contains("Marie"), "{reason}");
    }
}
