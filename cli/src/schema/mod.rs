//! `anamnesis schema`: what events look like, and whether what was published of them still holds. It needs no log.

mod check;
mod generate;
mod list;
mod show;

use std::process::ExitCode;

use crate::args::SchemaWhat;

pub(crate) fn run(what: &SchemaWhat) -> anyhow::Result<ExitCode> {
    match what {
        SchemaWhat::List(list) => list::run(list),
        SchemaWhat::Show(show) => show::run(show),
        SchemaWhat::Check(check) => check::run(check),
        SchemaWhat::Generate(generate) => generate::run(generate),
    }
}
