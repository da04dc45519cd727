//! Reads a password, from the terminal without showing it, or from standard input.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::console;

/// Restores the terminal, also if reading fails.
struct Hidden(Termios);

impl Hidden {
    fn new() -> io::Result<Self> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // If the terminal is gone, there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

/// Reads one line.
pub(super) fn read(prompt: &str) -> anyhow::Result<String> {
    let stdin = io::stdin();
    let _hidden = match stdin.is_terminal() {
        true => {
            console::say(prompt);
            Some(Hidden::new().context("the terminal cannot hide the password")?)
        }
        false => None,
    };
    let mut line = String::new();
    stdin.lock().read_line(&mut line).context("cannot read the password")?;
    let password = line.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!password.is_empty(), "there is no password on standard input");
    Ok(password.to_owned())
}
