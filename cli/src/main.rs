//! The `anamnesis` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    anamnesis::main()
}
