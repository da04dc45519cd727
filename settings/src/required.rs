//! Settings without a usable default: a service that needs one does not start without it.

use platform::config::{SettingsError, variable};

use crate::Settings;

/// A setting that a service can need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// `nats.url`
    NatsUrl,
    /// `postgres.url`
    PostgresUrl,
    /// `commands.email_pepper`
    EmailPepper,
    /// `sealing.master_keys` or `sealing.master_keys_file`
    MasterKeys,
}

impl Required {
    fn is_set(self, settings: &Settings) -> bool {
        match self {
            Self::NatsUrl => !settings.nats.url.is_empty(),
            Self::PostgresUrl => !settings.postgres.url.is_empty(),
            Self::EmailPepper => !settings.commands.email_pepper.is_empty(),
            Self::MasterKeys => settings.sealing.is_configured(),
        }
    }

    /// The settings that satisfy it. One of them is enough.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::NatsUrl => &["nats.url"],
            Self::PostgresUrl => &["postgres.url"],
            Self::EmailPepper => &["commands.email_pepper"],
            Self::MasterKeys => &["sealing.master_keys", "sealing.master_keys_file"],
        }
    }

    /// Its keys and their variables, for people.
    fn described(self) -> String {
        let described = |key: &&str| format!("`{key}` ({})", variable(key));
        self.keys().iter().map(described).collect::<Vec<_>>().join(" or ")
    }
}

impl Settings {
    /// Checks that settings are set.
    ///
    /// # Errors
    /// It names all that are missing.
    pub fn require(&self, required: &[Required]) -> Result<(), SettingsError> {
        let missing: Vec<String> = required
            .iter()
            .filter(|required| !required.is_set(self))
            .map(|required| required.described())
            .collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(SettingsError::Missing {
                settings: missing.join(", "),
            }),
        }
    }
}
