//! The top level of the command line. The arguments of each command stand beside the command.

use clap::{Parser, Subcommand};

use crate::{
    accounts::Accounts,
    bench::Bench,
    common::Common,
    dlq::Dlq,
    doctor::Doctor,
    import::Import,
    keys::Keys,
    projections::Projections,
    reactors::ReactorsArgs,
    rebuild::Rebuild,
    replay::Replay,
    rollback::Rollback,
    schema::Schema,
    show::Show,
    sign_in::{Login, Token},
    tree::Tree,
    up::Up,
    verify::Verify,
};

const FIRST_STEPS: &str = "Examples:
  Start a clinic to try things out on, at http://127.0.0.1:4004:
    anamnesis up --demo
  Print every event in the log:
    anamnesis replay | less
  Check that the servers and the data are healthy:
    anamnesis doctor && anamnesis verify

Exit codes: 0 success, 1 failure, 2 wrong usage, 78 a wrong setting. A command that uses others names them in its help.";

/// Run and operate Anamnesis, an event-sourced patient-management backend.
///
/// NATS JetStream holds the log of events, which is the record. Postgres holds the read models, which answer queries and
/// can be rebuilt from the log.
///
/// Results go to standard output. Progress and errors go to standard error.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 110, after_help = FIRST_STEPS)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(Up),
    Import(Import),
    Replay(Replay),
    Show(Show),
    Tree(Tree),
    Verify(Verify),
    Reactors(ReactorsArgs),
    Dlq(Dlq),
    Rebuild(Rebuild),
    Rollback(Rollback),
    Projections(Projections),
    Accounts(Accounts),
    Login(Login),
    Token(Token),
    Keys(Keys),
    Schema(Schema),
    Bench(Bench),
    Doctor(Doctor),
    /// Print the settings in effect as TOML, with secrets masked.
    ///
    /// Defaults come first, then the settings file, then environment variables, then options of the command line. Later
    /// sources override earlier ones. The output contains every setting.
    #[command(after_help = "Examples:\n  anamnesis config\n  \
                            ANAMNESIS_HTTP__LISTEN=127.0.0.1:8080 anamnesis config | grep -A3 '^\\[http\\]'")]
    Config,
    /// Print the OpenAPI document of the HTTP API as JSON.
    ///
    /// A running `up` serves the same document at /openapi.json. Needs no servers.
    #[command(after_help = "Example:\n  anamnesis openapi > openapi.json")]
    Openapi,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
