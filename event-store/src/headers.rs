//! A message's own headers, before it is sent: written once, laid side by side in one text. What the server's client asks
//! for is a map with allocations of its own for each header; it is made when the message is sent, and again if it is sent
//! again.

use std::fmt::{Display, Write as _};

use async_nats::{HeaderMap, header::HeaderName};

/// Headers in the order in which they were put.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    text: String,
    /// Each header's name, and where its value ends in the text.
    ends: Vec<(&'static HeaderName, usize)>,
}

impl Headers {
    /// With room for values of so many bytes in all.
    pub(crate) fn with_capacity(headers: usize, bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ends: Vec::with_capacity(headers),
        }
    }

    /// Puts a header behind those that are there.
    pub(crate) fn put(&mut self, name: &'static HeaderName, value: impl Display) {
        // Writing to a text cannot fail.
        let _ = write!(self.text, "{value}");
        self.ends.push((name, self.text.len()));
    }

    /// As the server's client takes them.
    pub(crate) fn to_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        let mut start = 0;
        for (name, end) in &self.ends {
            map.insert((*name).clone(), &self.text[start..*end]);
            start = *end;
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE: HeaderName = HeaderName::from_static("one");
    static TWO: HeaderName = HeaderName::from_static("two");

    #[test]
    fn every_header_keeps_its_own_value() {
        let mut headers = Headers::with_capacity(2, 8);
        headers.put(&ONE, 1);
        headers.put(&TWO, "");
        let map = headers.to_map();
        assert_eq!(map.len(), 2);
        assert_eq!(map.get("one").map(|value| value.as_str()), Some("1"));
        assert_eq!(map.get("two").map(|value| value.as_str()), Some(""));
    }
}
