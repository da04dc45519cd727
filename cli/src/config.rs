//! `anamnesis config`, and the source of every command's settings.

use std::process::ExitCode;

use platform::config::Loader;

use crate::{args::Common, console};

pub(crate) fn run(common: &Common) -> anyhow::Result<ExitCode> {
    console::print(loader(common).load()?.to_toml_masked().trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Starts loading the settings: defaults, then the file, then the environment. The caller adds flags on top.
pub(crate) fn loader(common: &Common) -> Loader {
    Loader::new().file(common.config.clone()).process_environment()
}
