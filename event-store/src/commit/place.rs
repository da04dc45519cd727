//! The place of an event in its stream.

use std::{fmt, str::FromStr};

/// The place of an event in its stream: the sequence of its commit, and its index in the commit. The text form is
/// `41`, or `41.2` if the event is not the first of its commit.
///
/// ```
/// use event_store::Place;
///
/// let place = Place { position: 41, index: 2 };
/// assert_eq!(place.to_string(), "41.2");
/// assert_eq!("41.2".parse(), Ok(place));
/// assert_eq!("41".parse(), Ok(Place { index: 0, ..place }));
/// assert!("0".parse::<Place>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The sequence of the commit, from 1.
    pub position: u64,
    /// The event's index in the commit, from 0.
    pub index: u32,
}

/// The text is not a valid place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a place in a stream is a commit's sequence, such as 41, or a sequence and an event's index, such as 41.2")]
pub struct InvalidPlace;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            0 => write!(f, "{}", self.position),
            index => write!(f, "{}.{index}", self.position),
        }
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (position, index) = text.split_once('.').unwrap_or((text, "0"));
        let position = position.parse().ok().filter(|position| *position > 0);
        Ok(Self {
            position: position.ok_or(InvalidPlace)?,
            index: index.parse().map_err(|_| InvalidPlace)?,
        })
    }
}
