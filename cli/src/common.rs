//! The options of every command.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// The folder in which the embedded servers keep their data.
    #[arg(long, global = true, default_value = ".anamnesis", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
    /// The settings file [default: the file that ANAMNESIS_CONFIG names]. `anamnesis config` prints all settings.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
