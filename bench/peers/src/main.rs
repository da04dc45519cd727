//! Runs one cell of the append benchmark against an event store that Anamnesis is compared with, or runs the server of
//! one. Which cells are run, and what becomes of what they measure, is decided in the crate `bench`.

mod postgres_es;
mod umadb;

use std::{io::Read as _, path::Path, process::ExitCode};

use anyhow::Context as _;
use bench_driver::{Cell, Measured, System, drive};

const USAGE: &str = "\
peers append        reads a cell from standard input, as one line of JSON, and prints what was measured as another
peers serve FOLDER  runs a server of UmaDB on a folder until standard input ends, and prints its URL as JSON";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["append"] => append(),
        ["serve", folder] => umadb::serve(Path::new(folder)),
        _ => Err(anyhow::anyhow!(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn append() -> anyhow::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let cell: Cell = serde_json::from_str(&text).context("standard input is not a cell")?;
    let measured = tokio::runtime::Runtime::new()?.block_on(measure(&cell))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// A new id, as the product makes one for every event and command.
#[allow(
    clippy::disallowed_methods,
    reason = "the product's own source of ids is not to be built for the peers"
)]
fn new_id() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

async fn measure(cell: &Cell) -> anyhow::Result<Measured> {
    let measured = match cell.system {
        System::Umadb => drive(umadb::Peer::connect(cell).await?, cell).await,
        System::PostgresEs => drive(postgres_es::Peer::connect(cell).await?, cell).await,
        other => anyhow::bail!("{} is no peer", other.name()),
    };
    measured.map_err(anyhow::Error::msg)
}
