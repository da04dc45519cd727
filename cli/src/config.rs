//! `anamnesis config`: the settings in effect. Also where every command gets its settings from.

use std::process::ExitCode;

use platform::config::Loader;

use crate::{args::Common, console};

/// Prints the settings in effect.
pub(crate) fn run(common: &Common) -> anyhow::Result<ExitCode> {
    console::print(loader(common).load()?.to_toml_masked().trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Begins loading the settings: defaults, then the file, then the environment. Flags come on top.
pub(crate) fn loader(common: &Common) -> Loader {
    Loader::new().file(common.config.clone()).process_environment()
}
