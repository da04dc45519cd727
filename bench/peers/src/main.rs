//! Runs one cell of the append benchmark, or one part of the rebuild benchmark, by a system that Anamnesis is compared with,
//! or runs the server of one. Which are run, and what becomes of what they measure, is decided in the crate `bench`.

mod disintegrate;
mod postgres_es;
mod umadb;

use std::{io::Read as _, path::Path, process::ExitCode};

use anyhow::Context as _;
use bench_driver::{Cell, Measured, System, drive};
use serde::{Serialize, de::DeserializeOwned};

const USAGE: &str = "\
peers append        reads a cell from standard input, as one line of JSON, and prints what was measured as another
peers rebuild       reads a part of a rebuild likewise
peers serve FOLDER  runs a server of UmaDB on a folder until standard input ends, and prints its URL as JSON";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["append"] => measured("cell", measure),
        ["rebuild"] => measured("part of a rebuild", async |part| disintegrate::run(&part).await),
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

fn measured<P: DeserializeOwned, M: Serialize>(
    what: &str,
    measure: impl AsyncFnOnce(P) -> anyhow::Result<M>,
) -> anyhow::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let part = serde_json::from_str(&text).with_context(|| format!("standard input is no {what}"))?;
    let measured = tokio::runtime::Runtime::new()?.block_on(measure(part))?;
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

async fn measure(cell: Cell) -> anyhow::Result<Measured> {
    let measured = match cell.system {
        System::Umadb => drive(umadb::Peer::connect(&cell).await?, &cell).await,
        System::PostgresEs => drive(postgres_es::Peer::connect(&cell).await?, &cell).await,
        other => anyhow::bail!("{} is no peer", other.name()),
    };
    measured.map_err(anyhow::Error::msg)
}
