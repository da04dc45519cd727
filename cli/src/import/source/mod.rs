//! The source of an import: a file or a folder of NDJSON files and Bundles, or the demo clinic in the program. Resources are
//! streamed, once per type, because an export can be larger than memory.

mod bundle;
mod file;
mod line;
mod mend;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::mpsc;

use self::file::{File, Found};
pub(super) use self::line::{Line, Place};
use super::{
    error::ImportError,
    fhir::{Index, MEDICATION, Mentions},
};

/// The number of resources that are read ahead.
const WAITING: usize = 64;

/// The resources to import.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    files: Arc<Vec<File>>,
}

/// The result of the first scan of a source.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The number of resources of the imported types, and of unreadable places.
    pub(super) count: u64,
    /// The number of resources by other type.
    pub(super) others: BTreeMap<String, u64>,
    pub(super) index: Index,
}

impl Source {
    /// A file, or the files of a folder and its folders: NDJSON (`.ndjson`, `.jsonl`) and Bundles (`.json`), each also compressed (`.gz`).
    ///
    /// # Errors
    /// The folder cannot be read, or there is no such file.
    pub(crate) fn open(path: &Path) -> Result<Self, ImportError> {
        let unreadable = |error| ImportError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let mut files = Vec::new();
        if fs::metadata(path).map_err(unreadable)?.is_file() {
            files.extend(path.parent().and_then(|folder| File::at(folder, path)));
        } else {
            let mut paths = Vec::new();
            find_files(path, &mut paths).map_err(unreadable)?;
            paths.sort();
            files.extend(paths.iter().filter_map(|found| File::at(path, found)));
        }
        if files.is_empty() {
            return Err(ImportError::Empty { path: path.to_owned() });
        }
        Ok(Self { files: Arc::new(files) })
    }

    /// The demo clinic in the program.
    pub(crate) fn demo() -> Self {
        let carried = [
            ("Patient", include_str!("../../../demo-clinic/Patient.ndjson")),
            ("Practitioner", include_str!("../../../demo-clinic/Practitioner.ndjson")),
            ("Encounter", include_str!("../../../demo-clinic/Encounter.ndjson")),
            (
                "MedicationRequest",
                include_str!("../../../demo-clinic/MedicationRequest.ndjson"),
            ),
        ];
        let files = carried.map(|(kind, text)| File::carried(kind, text));
        Self {
            files: Arc::new(files.into()),
        }
    }

    /// Scans all files: counts resources and builds the index. Identifiers are indexed only for the types that are
    /// referred to by identifier.
    pub(super) fn look_through(&self) -> Contents {
        let mut contents = Contents::default();
        let mut wanted = BTreeSet::new();
        for file in self.files.iter() {
            let mut kinds = BTreeSet::new();
            file.read(&mut |found| {
                kinds.extend(found.kind_or_first());
                contents.take(&found, &mut wanted);
                true
            });
            file.note_kinds(kinds);
        }
        if !wanted.is_empty() {
            for file in self.files.iter() {
                file.read(&mut |found| {
                    if let Some(kind) = found.kind().filter(|kind| wanted.contains(kind))
                        && let (Some(id), Some(text)) = (found.id(), found.text())
                    {
                        contents.index.add_identifiers(kind, id, text);
                    }
                    true
                });
            }
        }
        contents
    }

    /// The resources of one type, read ahead on a separate thread. An unreadable place belongs to the type in its file's
    /// name, or else to the first type.
    pub(super) fn lines(&self, kind: &'static str) -> mpsc::Receiver<Line> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let source = self.clone();
        std::thread::spawn(move || {
            for file in source.files.iter().filter(|file| file.can_hold(kind)) {
                let mut is_wanted = true;
                file.read(&mut |found| {
                    if found.kind_or_first() == Some(kind) {
                        is_wanted = sender.blocking_send(found.into_line()).is_ok();
                    }
                    is_wanted
                });
                if !is_wanted {
                    return;
                }
            }
        });
        receiver
    }
}

/// Finds the files of a folder and of its folders. A link to a folder is not followed, because it can lead in circles.
fn find_files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find_files(&entry.path(), found)?;
        } else if entry.path().is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

impl Contents {
    fn take(&mut self, found: &Found<'_>, wanted: &mut BTreeSet<&'static str>) {
        let Some(kind) = found.kind_or_first() else {
            if found.shown_type() == MEDICATION {
                self.add_alias(MEDICATION, found);
                if let (Some(id), Some(text)) = (found.id(), found.text()) {
                    self.index.add_medication(id, text);
                }
            }
            *self.others.entry(found.shown_type()).or_default() += 1;
            return;
        };
        self.count += 1;
        self.add_alias(kind, found);
        if let Some(mentions) = found.text().and_then(Mentions::read) {
            wanted.extend(mentions.by_identifier());
        }
    }

    fn add_alias(&mut self, kind: &str, found: &Found<'_>) {
        if let (Some(uuid), Some(id)) = (found.uuid(), found.id()) {
            self.index.add_alias(kind, uuid, id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde::Deserialize;

    use super::{super::fate::Fate, *};

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, text).expect("written");
        }
        folder
    }

    fn lines(source: &Source, kind: &'static str) -> Vec<Line> {
        let mut lines = source.lines(kind);
        std::iter::from_fn(move || lines.blocking_recv()).collect()
    }

    fn ids(source: &Source, kind: &'static str) -> Vec<String> {
        let ids = lines(source, kind)
            .into_iter()
            .map(|line| line.place.id.unwrap_or_default());
        ids.collect()
    }

    fn refusal(line: &Line) -> String {
        match line.parse::<serde_json::Value>(&[], |_| None) {
            Err(Fate::Refused(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_folder_without_resources_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(Source::open(folder.path()), Err(ImportError::Empty { .. })));
        assert!(matches!(
            Source::open(Path::new("/no/such/folder")),
            Err(ImportError::Unreadable { .. })
        ));
    }

    #[test]
    fn files_in_folders_of_the_folder_are_read_once() {
        let patient = |id: &str| format!(r#"{{"resourceType":"Patient","id":"{id}"}}"#);
        let (first, second) = (patient("p-1"), patient("p-2"));
        let folder = folder(&[
            ("Patient.ndjson", first.as_bytes()),
            ("fhir/2026/Patient.ndjson", second.as_bytes()),
        ]);
        let link =
            |target: &Path, name: &str| std::os::unix::fs::symlink(target, folder.path().join(name)).expect("a link");
        link(Path::new("/no/such/file"), "gone.ndjson");
        link(folder.path(), "fhir/again");
        let source = Source::open(folder.path()).expect("readable");
        assert_eq!(ids(&source, "Patient"), ["p-1", "p-2"]);
        let named: Vec<_> = lines(&source, "Patient")
            .into_iter()
            .map(|line| line.place.file)
            .collect();
        assert_eq!(
            named.iter().map(|name| &**name).collect::<Vec<_>>(),
            ["Patient.ndjson", "fhir/2026/Patient.ndjson"]
        );
    }

    #[test]
    fn a_broken_line_is_named_and_not_repeated() {
        let folder = folder(&[("Patient.ndjson", b"{\"id\":\"a\"}\n\n{\"id\":\"b\",\"name\":\"Marie")]);
        let source = Source::open(folder.path()).expect("readable");
        let lines = lines(&source, "Patient");
        assert_eq!(lines.iter().map(|line| line.place.number).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(source.look_through().count, 2);
        let reason = refusal(&lines[1]);
        assert!(reason.starts_with("not JSON") && !reason.contains("Marie"), "{reason}");
    }

    #[test]
    fn a_byte_order_mark_line_ends_of_windows_and_blank_lines_do_no_harm() {
        let folder = folder(&[(
            "Patient.ndjson",
            b"\xef\xbb\xbf{\"resourceType\":\"Patient\",\"id\":\"a\"}\r\n\r\n  \r\n{\"resourceType\":\"Patient\",\"id\":\"b\"}\r\n",
        )]);
        let source = Source::open(folder.path()).expect("readable");
        assert_eq!(ids(&source, "Patient"), ["a", "b"]);
        assert!(
            lines(&source, "Patient")
                .iter()
                .all(|line| line.parse::<serde_json::Value>(&[], |_| None).is_ok())
        );
    }

    #[test]
    fn a_line_that_is_not_utf_8_is_refused_by_its_number_and_the_next_one_is_read() {
        let folder = folder(&[("Patient.ndjson", b"{\"id\":\"a\"}\n{\"id\":\"\xff\"}\n{\"id\":\"c\"}")]);
        let source = Source::open(folder.path()).expect("readable");
        let lines = lines(&source, "Patient");
        assert_eq!(lines.len(), 3);
        assert_eq!((lines[1].place.number, refusal(&lines[1]).as_str()), (2, "not UTF-8"));
        assert_eq!(lines[2].place.id.as_deref(), Some("c"));
    }

    #[test]
    fn kinds_are_told_by_the_resource_and_only_else_by_the_file() {
        let folder = folder(&[
            (
                "export-1.ndjson",
                b"{\"resourceType\":\"Encounter\",\"id\":\"e\"}\n{\"resourceType\":\"Patient\",\"id\":\"a\"}",
            ),
            (
                "Patient.000.ndjson",
                b"{\"id\":\"b\"}\n{\"resourceType\":\"Observation\",\"id\":\"o\"}",
            ),
            ("PatientContact.ndjson", b"{\"id\":\"nameless\"}"),
            ("README.md", b"{\"resourceType\":\"Patient\",\"id\":\"no\"}"),
        ]);
        let source = Source::open(folder.path()).expect("readable");
        assert_eq!(ids(&source, "Patient"), ["b", "nameless", "a"]);
        assert_eq!(ids(&source, "Encounter"), ["e"]);
        let nameless = &lines(&source, "Patient")[1];
        assert_eq!(refusal(nameless), "resourceType is missing");
        let contents = source.look_through();
        assert_eq!(contents.count, 4);
        assert_eq!(contents.others, BTreeMap::from([("Observation".to_owned(), 1)]));
    }

    #[test]
    fn what_is_compressed_is_read_as_if_it_were_not() {
        let compressed = |text: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).expect("compressed");
            encoder.finish().expect("compressed")
        };
        let whole =
            compressed(b"{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Patient\",\"id\":\"b\"}");
        let bundle =
            compressed(br#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"c"}}]}"#);
        let folder = folder(&[
            ("Patient.ndjson.gz", &whole),
            ("x.json.gz", &bundle),
            ("y.ndjson.gz", &whole[..20]),
        ]);
        let source = Source::open(folder.path()).expect("readable");
        assert_eq!(ids(&source, "Patient")[..3], ["a", "b", "c"]);
        let broken = lines(&source, "Patient").pop().expect("the broken file");
        assert!(refusal(&broken).starts_with("the file cannot be read"));
    }

    #[test]
    fn the_entries_of_bundles_are_resources_whatever_stands_before_them() {
        let folder = folder(&[
            (
                "one.json",
                br#"{"type":"transaction","entry":[
                    {"fullUrl":"urn:uuid:11111111-0000-0000-0000-000000000000","resource":{"resourceType":"Patient","id":"a"}},
                    {"fullUrl":"urn:uuid:22222222-0000-0000-0000-000000000000","resource":{"resourceType":"Patient"}},
                    {"request":{"method":"DELETE","url":"Patient/gone"}},
                    {"resource":{"resourceType":"Observation","id":"o"}}],"resourceType":"Bundle"}"#,
            ),
            ("single.json", br#"{"resourceType":"Patient","id":"alone"}"#),
            ("broken.json", br#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"first"}},{"#),
            ("manifest.json", br#"{"transactionTime":"2026-01-01T00:00:00Z","output":[]}"#),
        ]);
        let source = Source::open(folder.path()).expect("readable");
        assert_eq!(
            ids(&source, "Patient"),
            ["first", "", "a", "22222222-0000-0000-0000-000000000000", "alone"]
        );
        let lines = lines(&source, "Patient");
        assert!(lines[2].place.is_entry && lines[2].place.number == 1);
        assert_eq!(refusal(&lines[1]), "not JSON");
        let others = source.look_through().others;
        assert_eq!(others.get("Observation"), Some(&1));
    }

    #[test]
    fn an_element_that_cannot_be_read_is_named() {
        #[derive(Debug, Deserialize)]
        struct Named {
            #[serde(rename = "name")]
            _name: Vec<Part>,
        }
        #[derive(Debug, Deserialize)]
        struct Part {
            #[serde(rename = "family")]
            _family: String,
        }
        let folder = folder(&[(
            "Patient.ndjson",
            br#"{"id":"a","name":[{"family":"Cooper"},{"family":7}]}"#,
        )]);
        let source = Source::open(folder.path()).expect("readable");
        match lines(&source, "Patient")[0].parse::<Named>(&[], |_| None) {
            Err(Fate::Refused(reason)) => assert!(reason.starts_with("name.family: "), "{reason}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reader_that_goes_away_ends_the_reading() {
        let text = "{\"id\":\"a\"}\n".repeat(WAITING * 4);
        let folder = folder(&[("Patient.ndjson", text.as_bytes())]);
        let mut lines = Source::open(folder.path()).expect("readable").lines("Patient");
        assert!(lines.blocking_recv().is_some());
    }
}
