//! Values that must not be shown: they print as asterisks in logs, in `Debug` and in `anamnesis config`. Only
//! `expose()` returns the value, so that every use can be found.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

const MASK: &str = "********";

/// A password, key or pepper. An empty one means that none was set, and shows as empty.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether no value was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> &'static str {
        if self.is_empty() { "" } else { MASK }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// A URL that may contain a password. It prints without the password, so that its target stays visible.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Wraps a URL, or several separated by commas.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The URL with its password.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether no URL was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", masked(&self.0))
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Masks the passwords in a URL or a comma-separated list of URLs. If a text is ambiguous, the reading that hides
/// more is used.
fn masked(urls: &str) -> String {
    let mut shown = String::new();
    let mut rest = urls;
    while let Some(at) = rest.find("://") {
        let (scheme, after) = rest.split_at(at + 3);
        let end = next_url(after);
        shown.push_str(scheme);
        shown.push_str(&masked_after_scheme(scheme, &after[..end]));
        rest = &after[end..];
    }
    // Without a scheme the text is `host:port` or `user:password@host`.
    if shown.is_empty() {
        masked_after_scheme("", rest)
    } else {
        shown
    }
}

/// The start of the next URL in a list: after the last comma before the next `://`.
fn next_url(after: &str) -> usize {
    after
        .find("://")
        .and_then(|next| after[..next].rfind(','))
        .map_or(after.len(), |comma| comma + 1)
}

fn masked_after_scheme(scheme: &str, rest: &str) -> String {
    let (user_info, host) = match rest.rfind('@') {
        Some(at) => (masked_user(scheme, &rest[..at]) + "@", &rest[at + 1..]),
        None => (String::new(), rest),
    };
    let host = match host.split_once('?') {
        Some((path, query)) => format!("{path}?{}", masked_query(query)),
        None => host.to_owned(),
    };
    user_info + &host
}

fn masked_user(scheme: &str, user_info: &str) -> String {
    match user_info.split_once(':') {
        Some((user, _)) => format!("{user}:{MASK}"),
        // In `nats://token@host` the user name alone is the secret.
        None if !scheme.ends_with("postgres://") && !scheme.ends_with("postgresql://") => MASK.to_owned(),
        None => user_info.to_owned(),
    }
}

/// Masks the values of query parameters whose names suggest a secret.
fn masked_query(query: &str) -> String {
    let parts: Vec<String> = query
        .split('&')
        .map(|part| match part.split_once('=') {
            Some((name, _))
                if ["pass", "token", "secret", "key"]
                    .iter()
                    .any(|word| name.contains(word)) =>
            {
                format!("{name}={MASK}")
            }
            _ => part.to_owned(),
        })
        .collect();
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_of_a_url_is_hidden() {
        let cases = [
            (
                "postgres://clinic:s3cret@db:5432/anamnesis",
                "postgres://clinic:********@db:5432/anamnesis",
            ),
            ("postgres://clinic@db/anamnesis", "postgres://clinic@db/anamnesis"),
            (
                "postgres://db/anamnesis?sslmode=require&password=s3cret",
                "postgres://db/anamnesis?sslmode=require&password=********",
            ),
            (
                "postgres://clinic:s3@cr/et@db/anamnesis",
                "postgres://clinic:********@db/anamnesis",
            ),
            ("nats://127.0.0.1:4222", "nats://127.0.0.1:4222"),
            ("nats://s3cret@nats:4222", "nats://********@nats:4222"),
            (
                "nats://a:s3,cret@n1,nats://b:s3cret@n2",
                "nats://a:********@n1,nats://b:********@n2",
            ),
            ("nats://n1,n2:4222", "nats://n1,n2:4222"),
            ("a:s3cret@n1", "a:********@n1"),
            ("", ""),
        ];
        for (url, shown) in cases {
            assert_eq!(SecretUrl::new(url).to_string(), shown);
            assert_eq!(SecretUrl::new(url).expose(), url);
        }
    }

    #[test]
    fn a_secret_shows_only_whether_it_is_set() {
        assert_eq!(format!("{:?}", Secret::new("pepper")), r#""********""#);
        assert_eq!(serde_json::to_string(&Secret::new("pepper")).unwrap(), r#""********""#);
        assert_eq!(serde_json::to_string(&Secret::default()).unwrap(), r#""""#);
    }
}
