//! The command line, and the stack that `anamnesis up` runs. The binary only calls [`main`].

mod accounts;
mod args;
mod backend;
mod bench;
mod common;
mod config;
mod console;
mod dlq;
mod doctor;
mod finding;
mod import;
mod kept;
mod keys;
mod log;
mod looking;
mod models;
mod ndjson;
mod projections;
mod reactors;
mod rebuild;
mod replay;
mod rollback;
mod schema;
mod show;
mod sign_in;
mod stack;
mod tree;
mod up;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;
use platform::process;
pub use stack::{Stack, openapi};

use crate::{
    args::{Args, Command},
    console::ReaderGone,
};

/// Parses the command line, runs the command, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    platform::telemetry::install_panic_hook();
    let args = Args::parse();
    let outcome = match args.command {
        Command::Up(up) => up::run(&args.common, &up),
        Command::Import(import) => import::run(&args.common, import),
        Command::Replay(replay) => replay::run(&args.common, &replay),
        Command::Show(show) => show::run(&args.common, &show),
        Command::Tree(tree) => tree::run(&args.common, &tree),
        Command::Verify(verify) => verify::run(&args.common, &verify),
        Command::Reactors(reactors) => reactors::run(&args.common, &reactors),
        Command::Dlq(dlq) => dlq::run(&args.common, &dlq),
        Command::Rebuild(rebuild) => rebuild::run(&args.common, &rebuild),
        Command::Rollback(rollback) => rollback::run(&args.common, &rollback),
        Command::Projections(projections) => projections::run(&args.common, &projections),
        Command::Accounts(accounts) => accounts::run(&args.common, &accounts),
        Command::Login(login) => sign_in::login(&args.common, &login),
        Command::Token(token) => sign_in::token(&args.common, &token),
        Command::Keys(keys) => keys::run(&args.common, &keys),
        Command::Schema(schema) => schema::run(&schema),
        Command::Bench(bench) => bench::run(&args.common, bench),
        Command::Doctor(doctor) => doctor::run(&args.common, &doctor),
        Command::Config => config::run(&args.common),
        Command::Openapi => print_openapi(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) if error.is::<ReaderGone>() => ExitCode::SUCCESS,
        Err(error) => {
            console::complain(&error);
            match process::is_about_settings(error.as_ref()) {
                true => ExitCode::from(process::WRONG_SETTING),
                false => ExitCode::FAILURE,
            }
        }
    }
}

fn print_openapi() -> anyhow::Result<ExitCode> {
    console::print(&openapi().to_pretty_json()?)?;
    Ok(ExitCode::SUCCESS)
}
