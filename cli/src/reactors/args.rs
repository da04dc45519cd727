//! The command line of `anamnesis reactors`.

use clap::Subcommand;
use journal::Place;
use reaction_service::{ALL, Description};

#[derive(Debug, clap::Args)]
pub(crate) struct ReactorsArgs {
    #[command(subcommand)]
    pub(crate) what: ReactorsWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReactorsWhat {
    /// List the reactors: what they react to, how far they are behind, and how much they gave up on.
    List {
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Let reactors rest, in all processes and over restarts. What happens meanwhile waits for them.
    Pause {
        /// Only this reactor.
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: Option<&'static Description>,
    },
    /// Let reactors go on where they were paused, by `reactors pause` or by an `import events` that was broken off.
    Resume {
        /// Only this reactor.
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: Option<&'static Description>,
    },
    /// Show what reactors gave up on, and why. It stays until it is retried or discarded.
    Parked {
        /// Only of this reactor.
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: Option<&'static Description>,
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Try again what a reactor gave up on, here and now, and say what came of it.
    ///
    /// It is done with the settings of this command: give it those of the service. What has been done before is not done
    /// twice. The exit code is 0 only when nothing is left parked of what was tried.
    #[command(after_help = "Example:\n  anamnesis reactors retry bill-appointment 4711")]
    Retry {
        /// The reactor.
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: &'static Description,
        /// Where the events stand in their stream, as `reactors parked` shows [default: everything that is parked].
        #[arg(value_name = "POSITION")]
        places: Vec<Place>,
        /// Print what came of it as a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Give up for good on what is parked: what it was to set off never happens.
    #[command(after_help = "Example:\n  anamnesis reactors discard bill-appointment 4711")]
    Discard {
        /// The reactor.
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: &'static Description,
        /// Where the events stand in their stream, as `reactors parked` shows.
        #[arg(value_name = "POSITION", required = true)]
        places: Vec<Place>,
        /// Print what came of it as a JSON array.
        #[arg(long)]
        json: bool,
    },
}

fn reactor(name: &str) -> Result<&'static Description, String> {
    let found = ALL.into_iter().find(|known| known.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|known| known.name).collect();
        format!("no reactor has this name; there are {}", names.join(", "))
    })
}
