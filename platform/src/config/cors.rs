//! Which web pages may call the API from a browser.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::list;

/// Which web pages may call the API from a browser.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CorsSettings {
    /// The origins of these pages.
    #[serde(deserialize_with = "list::deserialize")]
    pub allowed_origins: Vec<WebOrigin>,
}

/// The origin of a web page, such as `https://clinic.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// The origin as browsers send it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WebOrigin {
    type Error = &'static str;

    /// Browsers send origins in lower case and without a path, and compare them as texts. Another form would never match.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_of_host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
        match host.is_some_and(|host| !host.is_empty() && host.chars().all(is_of_host)) {
            true => Ok(Self(text)),
            false => Err("must be a list of origins in lower case and without a path, such as https://clinic.example"),
        }
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for WebOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
