//! The `anamnesis` binary: reads the command line, hands over, and turns the outcome into an exit code.

mod args;
mod backend;
mod config;
mod console;
mod import;
mod replay;
mod up;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match args.command {
        Command::Up(up) => up::run(&args.common, up),
        Command::Import(import) => import::run(&args.common, import),
        Command::Replay(replay) => replay::run(&args.common, replay),
        Command::Config => config::run(&args.common),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            console::complain(&error);
            ExitCode::FAILURE
        }
    }
}
