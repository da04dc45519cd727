//! The command line of the benchmarks.

use std::path::PathBuf;

use bench_driver::Distribution;
use clap::{Subcommand, ValueEnum};

#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Measure appends against the limits of JetStream and against other event stores.
    ///
    /// Starts private, durable servers below the data directory, and removes them with everything they stored. Every
    /// client loads an aggregate, decides, and appends one event at the version it has loaded; after a conflict it does so
    /// again. Every contender runs once in each round, in a process of its own, and the figures are medians.
    ///
    /// A full run takes about half an hour and some gigabytes of disk. It wants a release build, and a machine with
    /// nothing else to do. Progress is told on standard error. docs/benchmarks.md says what each figure means.
    Append(Append),
    /// Measure commands over HTTP, in closed loops and in open ones, beside a plain service on Postgres.
    ///
    /// Starts `anamnesis up` as a process of its own, with private, durable servers below the data directory, and removes
    /// it with everything it stored. Clients with kept connections send the mix of a clinic: of a hundred commands 30
    /// register, 40 book, 10 reschedule, 10 are arrivals and fulfilments, and 10 pay. The service that a team would write
    /// without event sourcing is driven in turns with ours, on a database of its own on the same Postgres. The open loops
    /// send half as many commands a second as it and as ours have reached, and measure each from the moment it was due.
    /// With 64 clients a second process of ours shares the work in the end. Before all that, three load scenarios are run:
    /// creates alone, lists alone, and both at once.
    ///
    /// A full run takes some minutes. It wants a release build, and a machine with nothing else to do. Progress is told on
    /// standard error. docs/benchmarks.md says what each figure means.
    #[command(after_help = "Examples:\n  anamnesis bench commands --json > commands.json\n  \
                            anamnesis bench commands --clients 1,64 --rounds 1 --seconds 2")]
    Commands(Commands),
    /// Measure how soon commands show in queries, and what queries feel of a rebuild.
    ///
    /// Starts `anamnesis up` as a process of its own, with private, durable servers below the data directory, and removes
    /// it with everything it stored. The mix of `bench commands` is sent in an open loop at half of the peak; one of ten
    /// commands is followed by a query that carries the token of its answer, and is measured from that answer to the
    /// query's. Then queries are measured beside 500 commands a second: first alone, then while `anamnesis rebuild --all`
    /// runs again and again.
    ///
    /// A full run takes some minutes. It wants a release build, and a machine with nothing else to do. Progress is told on
    /// standard error. docs/benchmarks.md says what each figure means.
    #[command(after_help = "Examples:\n  anamnesis bench visible --json > visible.json\n  \
                            anamnesis bench visible --rate 500 --rounds 1 --rebuild-seconds 0")]
    Visible(Visible),
    /// Measure how fast the read models of a clinic are built anew from its streams.
    ///
    /// Starts private, durable servers below the data directory, and removes them with everything they stored. A clinic is
    /// made once, sealed as in production. Then its appointments and what they show of patients are rebuilt as `anamnesis
    /// rebuild` does it, with the comparison and the swap, each time in a process of its own. What was built is held
    /// against what the clinic must have come to. The limit is measured beside it: reading the streams without doing
    /// anything with them, and copying the rows into tables of the same shape. And so are peers, at a size of their own:
    /// disintegrate-postgres and Python's eventsourcing build the same tables from the same events.
    ///
    /// A full run takes some minutes. It wants a release build, and a machine with nothing else to do. Progress is told on
    /// standard error. docs/benchmarks.md says what each figure means.
    #[command(after_help = "Examples:\n  anamnesis bench rebuild --json > rebuild.json\n  \
                            anamnesis bench rebuild --sizes 100000,1000000,5000000")]
    Rebuild(Rebuild),
    /// Run one part of `rebuild`, read from standard input as JSON, and print what was measured.
    #[command(hide = true)]
    Part,
    /// Run one cell, read from standard input as JSON, and print what was measured.
    #[command(hide = true)]
    Cell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Append {
    /// Print the machine, the figures and everything they were made of as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// How many clients there are at once. Figures belong to 1, 8, 64, 256 and 1000.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,256,1000", value_name = "N,…", value_parser = at_least_one)]
    pub(crate) clients: Vec<usize>,
    /// How clients choose among the aggregates. All figures belong to `uniform`.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "uniform,zipf,hot",
        value_name = "HOW,…"
    )]
    pub(crate) distribution: Vec<Choice>,
    /// How long each cell is measured, after a warm-up of a quarter of it.
    #[arg(long, default_value_t = 4.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// How often each cell is run.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// Among how many aggregates the clients choose.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = at_least_one)]
    pub(crate) aggregates: usize,
    /// The size of an event's body in bytes.
    #[arg(long, default_value_t = 256, value_name = "BYTES")]
    pub(crate) event_bytes: usize,
    /// The program that carries the peers, or `none` [default: bench/peers/target/release/peers, if it is there].
    #[arg(long, value_name = "PATH|none")]
    pub(crate) peers: Option<PathBuf>,
    /// Do not count fsyncs, which takes strace and passes of its own.
    #[arg(long)]
    pub(crate) no_syncs: bool,
    /// Among how many events one aggregate of 100 is loaded; 0 for not at all. The figure belongs to 1000000 or more.
    #[arg(long, default_value_t = 1_000_000, value_name = "EVENTS")]
    pub(crate) load_events: u64,
    /// To how many events a stream is grown, to see whether appends slow down and how long a store takes to start on it. The
    /// figures belong to 5000000.
    #[arg(long, default_value_t = 0, value_name = "EVENTS")]
    pub(crate) growth: u64,
    /// How many events each commit of the grown stream holds.
    #[arg(long, default_value_t = 500, value_name = "EVENTS", value_parser = at_least_one)]
    pub(crate) growth_commit: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Commands {
    /// Print the machine, the figures and everything they were made of as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// How many clients there are at once: at most 512, which is as many requests as a service works on. Figures belong to
    /// 1, 8, 64 and 256.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,256", value_name = "N,…", value_parser = clients)]
    pub(crate) clients: Vec<usize>,
    /// How long each number of clients and each open loop are measured, after a warm-up of a quarter of it.
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// How often everything is run.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// How many patients are registered before the clients begin. There is a practitioner for ten of them.
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = at_least_one)]
    pub(crate) patients: usize,
    /// How much of each load scenario is run. The figures belong to 100.
    #[arg(long, default_value_t = 100, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) load_percent: u32,
    /// The plain service, or `none` [default: bench/peers/target/release/crud, if it is there].
    #[arg(long, value_name = "PATH|none")]
    pub(crate) crud: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Visible {
    /// Print the machine, the figures and everything they were made of as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// How many clients there are at once when the peak is looked for.
    #[arg(long, value_delimiter = ',', default_value = "64,256", value_name = "N,…", value_parser = clients)]
    pub(crate) clients: Vec<usize>,
    /// How many commands a second are sent [default: half of the peak].
    #[arg(long, value_name = "COMMANDS/S", value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// One of so many commands is followed by a query.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) sample: u64,
    /// How long each loop is measured, after a warm-up of a quarter of it.
    #[arg(long, default_value_t = 10.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// How often everything is run.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// How many patients are registered before the clients begin. There is a practitioner for ten of them.
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = at_least_one)]
    pub(crate) patients: usize,
    /// How many events the log holds at least before it is rebuilt from.
    #[arg(long, default_value_t = 20_000, value_name = "EVENTS")]
    pub(crate) events: u64,
    /// How many commands a second arrive while queries are measured without and with a rebuild.
    #[arg(long, default_value_t = 500.0, value_name = "COMMANDS/S", value_parser = rate)]
    pub(crate) rebuild_rate: f64,
    /// How many queries a second are asked meanwhile.
    #[arg(long, default_value_t = 100.0, value_name = "QUERIES/S", value_parser = rate)]
    pub(crate) query_rate: f64,
    /// How long queries are measured without a rebuild, and then as long with one; 0 for not at all.
    #[arg(long, default_value_t = 20.0, value_name = "SECONDS", value_parser = seconds_or_none)]
    pub(crate) rebuild_seconds: f64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rebuild {
    /// Print the machine, the figures and everything they were made of as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// From at least how many events is rebuilt. The figures belong to 1000000.
    #[arg(long, default_value_t = 1_000_000, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(100..))]
    pub(crate) events: u64,
    /// In how many parts a version is folded.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) workers: u16,
    /// How often everything is measured.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// From how many events is rebuilt besides, to see whether it slows down. The figure belongs to 100000 and 5000000.
    #[arg(long, value_delimiter = ',', value_name = "EVENTS,…", value_parser = clap::value_parser!(u64).range(100..))]
    pub(crate) sizes: Vec<u64>,
    /// From how many events the peers rebuild, and we beside them.
    #[arg(long, default_value_t = 100_000, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(100..))]
    pub(crate) peer_events: u64,
    /// The program that carries disintegrate-postgres, or `none` [default: bench/peers/target/release/peers, if it is there].
    #[arg(long, value_name = "PATH|none")]
    pub(crate) peers: Option<PathBuf>,
    /// The folder of Python's eventsourcing, or `none` [default: bench/peers/eventsourcing, if its environment has been made].
    #[arg(long, value_name = "DIR|none")]
    pub(crate) eventsourcing: Option<PathBuf>,
}

/// How clients choose among the aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// Each as often as any other.
    Uniform,
    /// By Zipf's law with exponent 1.
    Zipf,
    /// All clients take the same one.
    Hot,
}

impl From<Choice> for Distribution {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Uniform => Self::Uniform,
            Choice::Zipf => Self::Zipf,
            Choice::Hot => Self::Hot,
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("must be a whole number, at least 1".to_owned()),
    }
}

fn clients(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=512).contains(&number) => Ok(number),
        _ => Err("must be a whole number from 1 to 512".to_owned()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=3_600.0).contains(&seconds) => Ok(seconds),
        _ => Err("must be a number of seconds from 0.1 to 3600".to_owned()),
    }
}

fn seconds_or_none(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(0.0) => Ok(0.0),
        _ => seconds(text).map_err(|reason| format!("{reason}, or 0")),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (1.0..=100_000.0).contains(&rate) => Ok(rate),
        _ => Err("must be a number from 1 to 100000".to_owned()),
    }
}
