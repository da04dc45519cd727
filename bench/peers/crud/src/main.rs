//! The service that a team would write without event sourcing: rows, constraints, an outbox and idempotency keys in Postgres,
//! and one durable transaction a command. It serves what the benchmark's clinic asks for, and nothing else.

mod ambient;
mod answer;
mod appointments;
mod database;
mod extract;
mod fields;
mod idempotency;
mod invoices;
mod outbox;
mod page;
mod patients;
mod practitioners;
mod refusal;
mod serve;

use std::{io, process::ExitCode};

use anyhow::Context as _;
use bench_driver::ServiceStart;

/// As our own programs allocate.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until standard input ends.
fn run() -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let start: ServiceStart = serde_json::from_str(&line)
        .context("standard input does not begin with a line that says where the database is")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve::until_input_ends(&start.database_url))
}
