//! `anamnesis schema`: shows, checks and generates the event schemas. It needs no log.

mod check;
mod generate;
mod list;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

/// Show, check and generate the event schemas.
///
/// Every version of every event has a JSON Schema and a sample. A checkout publishes them in its schemas/ folder, and they
/// are compiled into this program. Needs no servers.
#[derive(Debug, clap::Args)]
pub(crate) struct Schema {
    #[command(subcommand)]
    what: SchemaWhat,
}

#[derive(Debug, Subcommand)]
enum SchemaWhat {
    List(list::SchemaList),
    Show(show::SchemaShow),
    Check(check::SchemaCheck),
    Generate(generate::SchemaGenerate),
}

pub(crate) fn run(schema: &Schema) -> anyhow::Result<ExitCode> {
    match &schema.what {
        SchemaWhat::List(list) => list::run(list),
        SchemaWhat::Show(show) => show::run(show),
        SchemaWhat::Check(check) => check::run(check),
        SchemaWhat::Generate(generate) => generate::run(generate),
    }
}
