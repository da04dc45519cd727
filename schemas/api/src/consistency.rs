//! The consistency token. A command returns it, and a query with it waits until it can show the command's result.

use std::{collections::BTreeMap, fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The header of the token, in requests and responses.
pub const CONSISTENCY_TOKEN: &str = "consistency-token";

/// The limit of streams in one token. It bounds the memory for tokens from clients.
const MOST_STREAMS: usize = 16;

/// The positions that a reader wants to see, by stream. Clients treat the token as opaque. They can join several tokens
/// with commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsistencyToken(BTreeMap<String, u64>);

/// The text is not a consistency token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be tokens from earlier answers, joined by commas")]
pub struct InvalidToken;

impl ConsistencyToken {
    /// The token for one position in one stream.
    #[must_use]
    pub fn new(stream: &str, position: u64) -> Self {
        Self(BTreeMap::from([(stream.to_owned(), position)]))
    }

    /// The positions, by stream.
    pub fn positions(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(stream, position)| (stream.as_str(), *position))
    }
}

impl fmt::Display for ConsistencyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self
            .0
            .iter()
            .map(|(stream, position)| URL_SAFE_NO_PAD.encode(format!("{stream}:{position}")))
            .collect();
        f.write_str(&texts.join(","))
    }
}

impl FromStr for ConsistencyToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let mut positions = BTreeMap::new();
        for token in text.split(',') {
            let decoded = URL_SAFE_NO_PAD.decode(token.trim()).map_err(|_| InvalidToken)?;
            let decoded = String::from_utf8(decoded).map_err(|_| InvalidToken)?;
            let (stream, position) = decoded.split_once(':').ok_or(InvalidToken)?;
            let position: u64 = position.parse().map_err(|_| InvalidToken)?;
            let furthest = positions.entry(stream.to_owned()).or_insert(position);
            *furthest = position.max(*furthest);
            if positions.len() > MOST_STREAMS {
                return Err(InvalidToken);
            }
        }
        Ok(Self(positions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_tokens_keep_the_furthest_position_of_each_stream() {
        let texts = [("A", 3), ("B", 9), ("A", 7)].map(|(stream, at)| ConsistencyToken::new(stream, at).to_string());
        let joined: ConsistencyToken = texts.join(", ").parse().expect("tokens");
        assert_eq!(joined.positions().collect::<Vec<_>>(), [("A", 7), ("B", 9)]);
        assert_eq!(joined.to_string().parse(), Ok(joined));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "x", "UEFUSUVOVFM", "UEFUSUVOVFM6eA", "!!!"] {
            assert_eq!(text.parse::<ConsistencyToken>(), Err(InvalidToken), "{text}");
        }
    }
}
