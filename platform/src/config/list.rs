//! A list setting: an array in a file, or a text with commas in the environment, where all values are texts.

use std::fmt::Display;

use serde::{Deserialize, Deserializer, de::Error};

#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a list of texts")]
enum ListOrText {
    List(Vec<String>),
    Text(String),
}

/// Reads the list, for `deserialize_with`.
///
/// # Errors
/// The value is neither an array of texts nor a text, or a text is not an item.
pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error: Display>,
{
    let list = match ListOrText::deserialize(deserializer)? {
        ListOrText::List(list) => list,
        ListOrText::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    let trimmed = list.iter().map(|item| item.trim().to_owned());
    let items = trimmed.filter(|item| !item.is_empty());
    items.map(|item| T::try_from(item).map_err(D::Error::custom)).collect()
}
