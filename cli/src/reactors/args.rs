//! The arguments of `anamnesis reactors`.

use clap::Subcommand;
use journal::Place;
use reaction_service::{ALL, Description};

/// List, pause and resume the reactors, and deal with the events they parked.
///
/// Reactors respond to events with commands: they open accounts, bill fulfilled appointments and cancel what a
/// deactivated patient leaves behind. A reactor parks an event if its command is refused for good, or has
/// failed reactors.max_attempts times.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  anamnesis reactors list
  anamnesis reactors parked
  anamnesis reactors retry bill-appointment")]
pub(crate) struct ReactorsArgs {
    #[command(subcommand)]
    pub(crate) what: ReactorsWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReactorsWhat {
    /// List the reactors with their event types, their lag and their parked events.
    List {
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Pause reactors in all processes.
    ///
    /// Paused reactors stay paused after a restart. New events wait for them, and nothing is lost.
    Pause {
        /// The reactor [default: all reactors].
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: Option<&'static Description>,
    },
    /// Resume paused reactors.
    ///
    /// `reactors pause` and an interrupted `import events` pause them. They continue with the events that waited.
    Resume {
        /// The reactor [default: all reactors].
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: Option<&'static Description>,
    },
    /// List the parked events and the reason of each.
    ///
    /// An event stays parked until it is retried successfully or discarded.
    Parked {
        /// Only events of this reactor [default: all reactors].
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: Option<&'static Description>,
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Retry parked events now, and print the outcome of each.
    ///
    /// Use it after the cause is fixed. The reactor runs in this process and with its settings, so pass the settings of the
    /// service. A reaction that already happened does not happen twice. The exit code is 0 only when every retry succeeded.
    #[command(after_help = "Examples:
  anamnesis reactors retry bill-appointment
  anamnesis reactors retry bill-appointment 4711")]
    Retry {
        /// The reactor.
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: &'static Description,
        /// The positions of the events, as `reactors parked` prints them [default: all parked events of the reactor].
        #[arg(value_name = "POSITION")]
        places: Vec<Place>,
        /// Print the outcomes as a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Discard parked events for good.
    ///
    /// The reactor never responds to them. This cannot be undone. The exit code is 0 only when every event was parked.
    #[command(after_help = "Example:\n  anamnesis reactors discard bill-appointment 4711")]
    Discard {
        /// The reactor.
        #[arg(value_name = "REACTOR", value_parser = reactor)]
        reactor: &'static Description,
        /// The positions of the events, as `reactors parked` prints them.
        #[arg(value_name = "POSITION", required = true)]
        places: Vec<Place>,
        /// Print the outcomes as a JSON array.
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
