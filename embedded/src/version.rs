//! The servers' version texts, and the requirements on versions.

use std::fmt;

/// A server version. Postgres has no third number; it is zero here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

impl Version {
    pub(crate) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Finds the version in the output of `nats-server --version` or `postgres --version`: the first word that starts
    /// with a digit, or with `v` and a digit. Text after the numbers (`18beta1`, `2.12.0-RC.1`) is ignored.
    pub(crate) fn parse(output: &str) -> Option<Self> {
        output.split_whitespace().find_map(|word| {
            let word = word.strip_prefix('v').unwrap_or(word);
            let numeric_end = word
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(word.len());
            let mut numbers = word[..numeric_end].split('.').map(str::parse);
            let major = numbers.next()?.ok()?;
            let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
            Some(Self::new(major, next(), next()))
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)?;
        match self.patch {
            0 => Ok(()),
            patch => write!(formatter, ".{patch}"),
        }
    }
}

/// The accepted versions of a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requirement {
    /// The oldest version with the required features.
    pub(crate) minimum: Version,
    /// The only major version that can read the existing data directory, if there is one.
    pub(crate) major: Option<u32>,
}

impl Requirement {
    /// Why this version is not accepted.
    pub(crate) fn objection(&self, version: Version) -> Option<String> {
        if version < self.minimum {
            return Some(format!("is too old, need >= {}", self.minimum));
        }
        match self.major {
            Some(major) if major != version.major => Some(format!(
                "cannot read the data directory, which was made by version {major}"
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_servers_print_them() {
        let table = [
            ("nats-server: v2.15.1\n", Some(Version::new(2, 15, 1))),
            ("nats-server: v2.12.0-RC.1", Some(Version::new(2, 12, 0))),
            ("nats-server version 1.4", Some(Version::new(1, 4, 0))),
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                Some(Version::new(15, 18, 0)),
            ),
            ("postgres (PostgreSQL) 18beta1", Some(Version::new(18, 0, 0))),
            ("postgres (PostgreSQL) 9.6.24", Some(Version::new(9, 6, 24))),
            ("postgres: vendor build", None),
            ("", None),
        ];
        for (output, expected) in table {
            assert_eq!(Version::parse(output), expected, "{output:?}");
        }
    }

    #[test]
    fn requirements_object_to_old_and_foreign_versions() {
        let requirement = Requirement {
            minimum: Version::new(15, 0, 0),
            major: Some(18),
        };
        assert_eq!(
            requirement.objection(Version::new(14, 9, 0)).unwrap(),
            "is too old, need >= 15.0"
        );
        assert!(
            requirement
                .objection(Version::new(17, 1, 0))
                .unwrap()
                .contains("made by version 18")
        );
        assert_eq!(requirement.objection(Version::new(18, 6, 0)), None);
    }
}
