//! A resource of a source that is not parsed yet, and its place.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::mend::mended;
use crate::import::fate::Fate;

/// The place of a resource.
#[derive(Clone, Debug)]
pub(in crate::import) struct Place {
    pub(in crate::import) file: Arc<str>,
    /// The line of an NDJSON file or the entry of a Bundle, from 1; 0 for the file itself.
    pub(in crate::import) number: usize,
    /// Whether `number` is that of an entry.
    pub(in crate::import) is_entry: bool,
    /// The FHIR id, if it has one.
    pub(in crate::import) id: Option<String>,
}

/// A resource that is not parsed yet.
#[derive(Clone, Debug)]
pub(in crate::import) struct Line {
    pub(in crate::import) place: Place,
    /// The text, or the reason why it cannot be read.
    pub(super) text: Result<String, &'static str>,
}

/// A parsed resource.
#[derive(Debug)]
pub(in crate::import) struct Parsed<R> {
    pub(in crate::import) resource: R,
    /// The elements that the type does not have.
    pub(in crate::import) unread: Vec<String>,
    /// The elements that cannot be read.
    pub(in crate::import) left_out: Vec<&'static str>,
}

impl Line {
    /// Parses the resource. `name` names the elements that `R` does not have. Those of the `expendable` elements that
    /// cannot be read are left out. The error names a place, never the content.
    ///
    /// # Errors
    /// It is not JSON, or not a resource of this type.
    pub(in crate::import) fn parse<R: DeserializeOwned>(
        &self,
        expendable: &[&'static str],
        name: impl Fn(&serde_ignored::Path<'_>) -> Option<String>,
    ) -> Result<Parsed<R>, Fate> {
        let text = self.text.as_ref().map_err(|fault| Fate::Refused((*fault).to_owned()))?;
        let mut json = serde_json::Deserializer::from_str(text);
        let mut unread = Vec::new();
        let read = serde_ignored::deserialize(&mut json, |path| unread.extend(name(&path))).and_then(|resource| {
            json.end()?;
            Ok(resource)
        });
        let error = match read {
            Ok(resource) => {
                return Ok(Parsed {
                    resource,
                    unread,
                    left_out: Vec::new(),
                });
            }
            Err(error) => error,
        };
        if !error.is_data() {
            return Err(Fate::Refused(format!("not JSON (column {})", error.column())));
        }
        if let Some((mended, left_out)) = mended::<R>(text, expendable) {
            let mut unread = Vec::new();
            let read = serde_ignored::deserialize(&mended, |path| unread.extend(name(&path)));
            if let Ok(resource) = read {
                return Ok(Parsed {
                    resource,
                    unread,
                    left_out,
                });
            }
        }
        let element = misread::<R>(text)
            .map(|element| format!("{element}: "))
            .unwrap_or_default();
        Err(Fate::Refused(format!(
            "{element}an element is missing or of the wrong type (column {})",
            error.column()
        )))
    }
}

/// The path of the element that cannot be parsed, without list indexes.
fn misread<R: DeserializeOwned>(text: &str) -> Option<String> {
    use serde_path_to_error::Segment;

    let mut json = serde_json::Deserializer::from_str(text);
    let error = serde_path_to_error::deserialize::<_, R>(&mut json).err()?;
    let names = error.path().iter().filter_map(|segment| match segment {
        Segment::Map { key } => Some(key.as_str()),
        _ => None,
    });
    let path = names.collect::<Vec<_>>().join(".");
    let is_plain =
        !path.is_empty() && path.len() <= 100 && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    is_plain.then_some(path)
}
