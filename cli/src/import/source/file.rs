//! A file of a source. It is read one resource at a time.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use serde::Deserialize;

use super::{
    bundle::{self, Ended},
    line::{Line, Place},
};
use crate::import::fhir::RESOURCE_TYPES;

/// The longest line of NDJSON that is read.
const MAX_LINE_BYTES: u64 = 16 << 20;
/// The largest JSON file that is read at once. A larger Bundle is streamed.
const MAX_WHOLE_BYTES: u64 = 64 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const GZIP: &[u8] = b"\x1f\x8b";

/// A file with resources.
#[derive(Clone, Debug)]
pub(super) struct File {
    name: Arc<str>,
    content: Content,
    form: Form,
    /// The resource type in its name.
    kind: Option<&'static str>,
    /// The resource types in it, known after the first scan.
    holds: OnceLock<BTreeSet<&'static str>>,
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One resource per line.
    Lines,
    /// One resource, or a Bundle.
    Whole,
}

#[derive(Clone, Debug)]
enum Content {
    /// Part of the program.
    Carried(&'static str),
    Path(PathBuf),
}

/// A resource in a file, or an unreadable place.
#[derive(Debug)]
pub(super) struct Found<'a> {
    file: &'a File,
    number: usize,
    head: Head,
    full_url: Option<String>,
    text: Result<&'a str, &'static str>,
}

/// The elements that are needed before a resource is parsed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    resource_type: Option<String>,
    id: Option<String>,
}

impl File {
    /// The file at a path in a folder, if its extension is that of a file with resources. Its name is its path from that
    /// folder.
    pub(super) fn at(folder: &Path, path: &Path) -> Option<Self> {
        let within = path.strip_prefix(folder).ok()?.to_string_lossy();
        let name = path.file_name()?.to_string_lossy();
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        let form = match plain.rsplit_once('.')?.1 {
            "ndjson" | "jsonl" => Form::Lines,
            "json" => Form::Whole,
            _ => return None,
        };
        Some(Self {
            kind: named_after(plain),
            name: (*within).into(),
            content: Content::Path(path.to_owned()),
            form,
            holds: OnceLock::new(),
        })
    }

    /// A file that is part of the program.
    pub(super) fn carried(kind: &'static str, text: &'static str) -> Self {
        Self {
            name: format!("{kind}.ndjson").into(),
            content: Content::Carried(text),
            form: Form::Lines,
            kind: Some(kind),
            holds: OnceLock::new(),
        }
    }

    /// Stores the resource types that a scan found.
    pub(super) fn note_kinds(&self, kinds: BTreeSet<&'static str>) {
        // An earlier scan found the same types.
        let _ = self.holds.set(kinds);
    }

    /// Whether it can contain resources of a type.
    pub(super) fn can_hold(&self, kind: &str) -> bool {
        self.holds.get().is_none_or(|kinds| kinds.contains(kind))
    }

    /// Passes each resource to `take`, until that returns false.
    pub(super) fn read(&self, take: &mut dyn FnMut(Found<'_>) -> bool) {
        let mut number = 0;
        let read = self.open().and_then(|input| match self.form {
            Form::Lines => self.each_line(input, &mut number, take),
            Form::Whole => self.each_entry(input, take),
        });
        if read.is_err() {
            let fault = match number {
                0 => "the file cannot be read",
                _ => "the file cannot be read to its end",
            };
            take(self.fault(number, fault));
        }
    }

    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        let mut input: Box<dyn BufRead> = match &self.content {
            Content::Carried(text) => Box::new(text.as_bytes()),
            Content::Path(path) => Box::new(BufReader::with_capacity(1 << 16, fs::File::open(path)?)),
        };
        if input.fill_buf()?.starts_with(GZIP) {
            input = Box::new(BufReader::with_capacity(
                1 << 16,
                flate2::bufread::MultiGzDecoder::new(input),
            ));
        }
        if input.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            input.consume(BYTE_ORDER_MARK.len());
        }
        Ok(input)
    }

    fn each_line(
        &self,
        mut input: impl BufRead,
        number: &mut usize,
        take: &mut dyn FnMut(Found<'_>) -> bool,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            *number += 1;
            let length = input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes)?;
            if length == 0 {
                return Ok(());
            }
            let wants_more = if length as u64 == MAX_LINE_BYTES && bytes.last() != Some(&b'\n') {
                input.skip_until(b'\n')?;
                take(self.fault(*number, "the line is too long"))
            } else if bytes.trim_ascii().is_empty() {
                true
            } else {
                match str::from_utf8(bytes.trim_ascii()) {
                    Ok(text) => take(self.found(*number, text, None)),
                    Err(_) => take(self.fault(*number, "not UTF-8")),
                }
            };
            if !wants_more {
                return Ok(());
            }
        }
    }

    fn each_entry(&self, mut input: impl BufRead, take: &mut dyn FnMut(Found<'_>) -> bool) -> io::Result<()> {
        let mut bytes = Vec::new();
        input.by_ref().take(MAX_WHOLE_BYTES).read_to_end(&mut bytes)?;
        let is_whole = (bytes.len() as u64) < MAX_WHOLE_BYTES;
        let mut number = 0;
        let mut entry = |entry: bundle::Entry| {
            number += 1;
            match &entry.resource {
                Some(resource) => take(self.found(number, resource.get(), entry.full_url)),
                None => true,
            }
        };
        let ended = match is_whole {
            true => bundle::each_entry(&mut serde_json::Deserializer::from_slice(&bytes), &mut entry),
            false => bundle::each_entry(
                &mut serde_json::Deserializer::from_reader(bytes.chain(input)),
                &mut entry,
            ),
        };
        match ended {
            Ok(Ended::Bundle) | Err(Ended::Stopped) => {}
            Ok(_) if !is_whole => {
                take(self.fault(0, "the file is too large for one resource"));
            }
            Ok(_) => match str::from_utf8(&bytes) {
                // Not a Bundle, but a single resource, if it has a type.
                Ok(text) if head(text).is_some_and(|head| head.resource_type.is_some()) => {
                    take(self.found(0, text, None));
                }
                Ok(_) => {}
                Err(_) => {
                    take(self.fault(0, "not UTF-8"));
                }
            },
            Err(_) => {
                take(self.fault(number + 1, "not JSON"));
            }
        }
        Ok(())
    }

    fn found<'a>(&'a self, number: usize, text: &'a str, full_url: Option<String>) -> Found<'a> {
        let mut found = Found {
            file: self,
            number,
            head: head(text).unwrap_or_default(),
            text: Ok(text),
            full_url,
        };
        // A resource in a transaction can have no id. The UUID of its entry serves as one.
        if found.head.id.is_none() {
            found.head.id = found.uuid().map(str::to_owned);
        }
        if found.head.resource_type.is_none() && self.kind.is_none() && head(text).is_some() {
            found.text = Err("resourceType is missing");
        }
        found
    }

    const fn fault(&self, number: usize, fault: &'static str) -> Found<'_> {
        Found {
            file: self,
            number,
            head: Head {
                resource_type: None,
                id: None,
            },
            text: Err(fault),
            full_url: None,
        }
    }
}

impl Found<'_> {
    /// The type, if it is an imported one.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match &self.head.resource_type {
            Some(name) => RESOURCE_TYPES.into_iter().find(|kind| kind == name),
            None => self.file.kind,
        }
    }

    /// The type that it is reported under. Unreadable places without a type go to the first type.
    pub(super) fn kind_or_first(&self) -> Option<&'static str> {
        match &self.head.resource_type {
            Some(_) => self.kind(),
            None => Some(self.file.kind.unwrap_or(RESOURCE_TYPES[0])),
        }
    }

    /// The `resourceType`, if it is safe to print.
    pub(super) fn shown_type(&self) -> String {
        let name = self.head.resource_type.as_deref().unwrap_or_default();
        let is_plain = name.len() <= 64 && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        if is_plain { name } else { "something else" }.to_owned()
    }

    /// The resource, if it could be read.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.ok()
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.head.id.as_deref()
    }

    /// The UUID in the full URL of its entry.
    pub(super) fn uuid(&self) -> Option<&str> {
        self.full_url.as_deref()?.strip_prefix("urn:uuid:")
    }

    pub(super) fn into_line(self) -> Line {
        Line {
            text: self.text.map(str::to_owned),
            place: Place {
                file: Arc::clone(&self.file.name),
                number: self.number,
                is_entry: self.file.form == Form::Whole,
                id: self.head.id,
            },
        }
    }
}

fn head(text: &str) -> Option<Head> {
    Head::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}

/// The resource type in the name of a bulk export's file, such as `Patient.ndjson` or `Patient.000.ndjson`.
fn named_after(name: &str) -> Option<&'static str> {
    let starts = |kind: &&str| name.strip_prefix(*kind).is_some_and(|rest| rest.starts_with('.'));
    RESOURCE_TYPES.into_iter().find(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulk_exports_files_are_found_and_others_are_not() {
        assert_eq!(named_after("Patient.ndjson"), Some("Patient"));
        assert_eq!(named_after("Patient.000.ndjson"), Some("Patient"));
        assert_eq!(named_after("PatientContact.ndjson"), None);
        let folder = Path::new("export");
        let at = |name: &str| File::at(folder, &folder.join(name));
        assert!(at("README.md").is_none());
        assert!(at("Patient.json.gz").is_some_and(|file| file.form == Form::Whole));
        assert!(at("2026/Patient.ndjson").is_some_and(|file| &*file.name == "2026/Patient.ndjson"));
    }
}
