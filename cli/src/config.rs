//! `anamnesis config`, and the source of every command's settings.

use std::process::ExitCode;

use platform::config::{Loader, SettingsError};
use settings::Settings;

use crate::{common::Common, console};

pub(crate) fn run(common: &Common) -> anyhow::Result<ExitCode> {
    console::print(load(common)?.to_toml_masked().trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Loads the settings for a command without flags of its own.
///
/// # Errors
/// See [`Loader::load`].
pub(crate) fn load(common: &Common) -> Result<Settings, SettingsError> {
    loader(common).load()
}

/// Starts loading the settings: defaults, then the file, then the environment. The caller adds flags on top.
pub(crate) fn loader(common: &Common) -> Loader {
    Loader::new().file(common.config.clone()).process_environment()
}
