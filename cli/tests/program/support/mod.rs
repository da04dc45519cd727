//! Runs the program as users run it.

pub(crate) mod up;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// The program under test, on a data directory.
pub(crate) fn anamnesis(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anamnesis"));
    command.arg("--data-dir").arg(data_dir).stdin(Stdio::null());
    command
}

/// Runs a command until it exits.
pub(crate) fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    anamnesis(data_dir).args(arguments).output().expect("the program runs")
}

/// The output of a command that succeeds.
#[track_caller]
pub(crate) fn printed(data_dir: &Path, arguments: &[&str]) -> String {
    let output = run(data_dir, arguments);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    assert!(!complaints.contains(" ERROR "), "{complaints}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The error output of a command that fails.
#[track_caller]
pub(crate) fn complaint(data_dir: &Path, arguments: &[&str]) -> String {
    let output = run(data_dir, arguments);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("UTF-8")
}
