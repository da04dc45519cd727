//! A list setting: an array in a file, or a text with commas in the environment, where all values are texts.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a list of texts")]
enum ListOrText {
    List(Vec<String>),
    Text(String),
}

/// Reads the list, for `deserialize_with`.
///
/// # Errors
/// The value is neither an array of texts nor a text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let list = match ListOrText::deserialize(deserializer)? {
        ListOrText::List(list) => list,
        ListOrText::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    let trimmed = list.iter().map(|item| item.trim().to_owned());
    Ok(trimmed.filter(|item| !item.is_empty()).collect())
}
