//! The generated passwords of the two servers, kept in the data directory for later starts. They are never printed.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;

/// The user of both servers, and the name of the Postgres database.
pub(crate) const USER: &str = "anamnesis";

/// The passwords of one data directory.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) nats_password: String,
    /// The password of the user in the NATS system account. Empty in a data directory from before this user existed.
    #[serde(default)]
    pub(crate) nats_system_password: String,
    pub(crate) postgres_password: String,
}

impl Credentials {
    /// Reads the passwords of a data directory, or generates and saves new ones.
    pub(crate) fn load_or_create(data_dir: &Path) -> Result<Self, Error> {
        let path = path(data_dir);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let mut credentials: Self =
                    serde_json::from_slice(&bytes).map_err(|source| Error::Damaged { path, source })?;
                if credentials.nats_system_password.is_empty() {
                    credentials.nats_system_password = new_password();
                    credentials.save(data_dir)?;
                }
                Ok(credentials)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let credentials = Self {
                    nats_password: new_password(),
                    nats_system_password: new_password(),
                    postgres_password: new_password(),
                };
                credentials.save(data_dir)?;
                Ok(credentials)
            }
            Err(error) => Err(Error::io(format!("read {}", path.display()))(error)),
        }
    }

    /// Saves the passwords for later starts.
    pub(crate) fn save(&self, data_dir: &Path) -> Result<(), Error> {
        let path = path(data_dir);
        let json = serde_json::to_string_pretty(self).map_err(|source| Error::Damaged {
            path: path.clone(),
            source,
        })?;
        files::write_private(&path, &json, None)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// 122 random bits as 32 hexadecimal digits, which need no escaping in a URL or a configuration file.
#[allow(clippy::disallowed_methods, reason = "a password must come from ambient randomness")]
pub(crate) fn new_password() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("credentials.json")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn passwords_are_private_reused_and_not_printed() {
        let directory = tempfile::tempdir().unwrap();
        let first = Credentials::load_or_create(directory.path()).unwrap();
        let second = Credentials::load_or_create(directory.path()).unwrap();
        assert_eq!(first.nats_password, second.nats_password);
        assert_ne!(first.nats_password, first.postgres_password);
        assert_eq!(
            path(directory.path()).metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(!format!("{first:?}").contains(&first.nats_password));
    }

    #[test]
    fn a_password_that_is_missing_is_added_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let older = r#"{"nats_password":"a","postgres_password":"b"}"#;
        std::fs::write(path(directory.path()), older).unwrap();
        let first = Credentials::load_or_create(directory.path()).unwrap();
        let second = Credentials::load_or_create(directory.path()).unwrap();
        assert_eq!((&*first.nats_password, &*first.postgres_password), ("a", "b"));
        assert_eq!(first.nats_system_password.len(), 32);
        assert_eq!(first.nats_system_password, second.nats_system_password);
    }
}
