//! The master keys from the settings. Nothing here stores them.

use std::{fs, io, sync::Arc};

use event_store::{LocalMasterKey, MasterKey, MasterKeyError, MasterKeys, Sealing};
use platform::config::SealingSettings;

/// Why the master keys of the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeySettingsError {
    /// The file cannot be read.
    #[error("sealing.master_keys_file cannot be read: {0}")]
    File(#[from] io::Error),
    /// A key is invalid.
    #[error("sealing.master_keys: {0}")]
    Key(#[from] MasterKeyError),
}

/// The sealing by the master keys of the settings. Returns `None` if they name none.
pub(crate) fn sealing(settings: &SealingSettings) -> Result<Option<Sealing>, KeySettingsError> {
    let sealing = |master_keys| Sealing {
        master_keys,
        cached_keys: settings.cached_keys,
    };
    Ok(master_keys(settings)?.map(sealing))
}

/// Reads the master keys, the current one first. Returns `None` if the settings name none.
///
/// # Errors
/// The file cannot be read, or a key is invalid.
pub fn master_keys(settings: &SealingSettings) -> Result<Option<MasterKeys>, KeySettingsError> {
    let text = match settings.master_keys_file.as_os_str().is_empty() {
        true => settings.master_keys.expose().to_owned(),
        false => fs::read_to_string(&settings.master_keys_file)?,
    };
    let mut keys = text
        .split([',', '\n'])
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .map(|key| LocalMasterKey::from_hex(key).map(|key| Arc::new(key) as Arc<dyn MasterKey>));
    let Some(current) = keys.next().transpose()? else {
        return Ok(None);
    };
    Ok(Some(MasterKeys::new(current, keys.collect::<Result<_, _>>()?)))
}

/// Generates a key: 64 hexadecimal digits.
///
/// # Errors
/// The machine provides no random numbers.
pub fn generate_key() -> Result<String, MasterKeyError> {
    LocalMasterKey::generate()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use platform::config::Secret;

    use super::*;

    fn settings(master_keys: &str) -> SealingSettings {
        SealingSettings {
            master_keys: Secret::new(master_keys),
            master_keys_file: PathBuf::new(),
            cached_keys: 1,
        }
    }

    #[test]
    fn none_one_or_several_separated_by_commas_or_lines() {
        let key = "1".repeat(64);
        assert!(sealing(&settings("")).expect("read").is_none());
        assert!(sealing(&settings(&key)).expect("read").is_some());
        assert!(
            sealing(&settings(&format!("{key}, {key}\n{key}\n")))
                .expect("read")
                .is_some()
        );
        let error = sealing(&settings("secret")).expect_err("no key").to_string();
        assert_eq!(error, "sealing.master_keys: a master key is 64 hexadecimal digits");
    }
}
