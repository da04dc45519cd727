//! Streams the entries of a Bundle, which can be larger than memory.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// An entry of a Bundle.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) full_url: Option<String>,
    /// The resource, not parsed yet. A `DELETE` entry has none.
    pub(super) resource: Option<Box<RawValue>>,
}

/// The reason why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The Bundle was read.
    Bundle,
    /// The JSON is not a Bundle.
    Other,
    /// The consumer stopped.
    Stopped,
    /// The JSON is invalid.
    Broken,
}

/// Passes each entry to `take`, until that returns false.
///
/// # Errors
/// [`Ended::Stopped`] or [`Ended::Broken`].
pub(super) fn each_entry<'de, D: Deserializer<'de>>(
    json: D,
    take: &mut dyn FnMut(Entry) -> bool,
) -> Result<Ended, Ended> {
    let mut reading = Reading {
        take,
        is_bundle: false,
        stopped: false,
    };
    match json.deserialize_map(&mut reading) {
        Ok(()) if reading.is_bundle => Ok(Ended::Bundle),
        Ok(()) => Ok(Ended::Other),
        Err(_) if reading.stopped => Err(Ended::Stopped),
        Err(_) => Err(Ended::Broken),
    }
}

struct Reading<'a> {
    take: &'a mut dyn FnMut(Entry) -> bool,
    is_bundle: bool,
    stopped: bool,
}

/// The value of `entry`.
struct Entries<'r, 'a>(&'r mut Reading<'a>);

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "resourceType" => self.is_bundle = map.next_value::<String>()? == "Bundle",
                "entry" => map.next_value_seed(Entries(self))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Entries<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Entry>()? {
            if !(self.0.take)(entry) {
                self.0.stopped = true;
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str =
        r#"{"type":"collection","entry":[{"resource":{"id":"a"}},{"fullUrl":"urn:uuid:b"}],"resourceType":"Bundle"}"#;

    #[test]
    fn a_streamed_bundle_has_the_same_entries_as_one_in_memory() {
        let mut streamed = Vec::new();
        let mut json = serde_json::Deserializer::from_reader(BUNDLE.as_bytes());
        let ended = each_entry(&mut json, &mut |entry| {
            streamed.push(entry.resource.map(|resource| resource.get().to_owned()));
            true
        });
        assert_eq!(ended, Ok(Ended::Bundle));
        assert_eq!(streamed, [Some(r#"{"id":"a"}"#.to_owned()), None]);
    }

    #[test]
    fn reading_ends_with_its_reason() {
        let read = |json: &str| each_entry(&mut serde_json::Deserializer::from_str(json), &mut |_| false);
        assert_eq!(read(BUNDLE), Err(Ended::Stopped));
        assert_eq!(read(r#"{"resourceType":"Patient"}"#), Ok(Ended::Other));
        assert_eq!(read(r#"{"resourceType":"Bundle","entry":["#), Err(Ended::Broken));
    }
}
