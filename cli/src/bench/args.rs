//! The arguments of `anamnesis bench`.

use std::path::PathBuf;

use bench_driver::Distribution;
use clap::{Subcommand, ValueEnum};

/// Measure the performance, and compare it with other systems.
///
/// Use a release build and an idle machine with a real disk. Progress goes to standard error, the report to standard output.
/// docs/benchmarks.md explains the method and every figure.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    Append(Append),
    Commands(Commands),
    Visible(Visible),
    Rebuild(Rebuild),
    /// Run one part of `rebuild`, read from standard input as JSON, and print the measurement.
    #[command(hide = true)]
    Part,
    /// Run one cell, read from standard input as JSON, and print the measurement.
    #[command(hide = true)]
    Cell,
}

/// Measure appends, against the limits of JetStream and against other event stores.
///
/// It starts private, durable servers in the data directory, and removes them with their data afterwards. Each client loads
/// an aggregate, decides, and appends one event at the version that it loaded. After a conflict it starts over. Each system
/// runs once per round in its own process. The figures are medians over the rounds.
///
/// A full run takes about half an hour and some gigabytes of disk. docs/benchmarks.md explains the figures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  anamnesis bench append --json > append.json
  anamnesis bench append --clients 1,64 --distribution uniform --seconds 2 --rounds 1 --load-events 0")]
pub(crate) struct Append {
    /// Print the machine, the figures and all measurements as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The numbers of concurrent clients. The figures use 1, 8, 64, 256 and 1000.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,256,1000", value_name = "N,…", value_parser = at_least_one)]
    pub(crate) clients: Vec<usize>,
    /// How clients choose aggregates. The figures use `uniform`.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "uniform,zipf,hot",
        value_name = "HOW,…"
    )]
    pub(crate) distribution: Vec<Choice>,
    /// The time each cell is measured, after a warm-up of a quarter of it, at most one second.
    #[arg(long, default_value_t = 4.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// The number of runs of each cell.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// The number of aggregates.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = at_least_one)]
    pub(crate) aggregates: usize,
    /// The size of an event body.
    #[arg(long, default_value_t = 256, value_name = "BYTES")]
    pub(crate) event_bytes: usize,
    /// The program that runs the other event stores, or `none` [default: bench/peers/target/release/peers, if it exists].
    #[arg(long, value_name = "PATH|none")]
    pub(crate) peers: Option<PathBuf>,
    /// Do not count fsyncs. Counting needs strace and separate passes.
    #[arg(long)]
    pub(crate) no_syncs: bool,
    /// The size of the log from which an aggregate of 100 events is loaded, or 0 for no load. The figure uses 1000000 or
    /// more.
    #[arg(long, default_value_t = 1_000_000, value_name = "EVENTS")]
    pub(crate) load_events: u64,
    /// Grow a stream to this size, to see whether appends slow down and how long a store takes to start on it; 0 for no
    /// growth. The figures use 5000000.
    #[arg(long, default_value_t = 0, value_name = "EVENTS")]
    pub(crate) growth: u64,
    /// The number of events in each commit of the grown stream.
    #[arg(long, default_value_t = 500, value_name = "EVENTS", value_parser = at_least_one)]
    pub(crate) growth_commit: usize,
}

/// Measure commands over HTTP, beside a plain service on Postgres.
///
/// It starts `anamnesis up` in its own process with private, durable servers in the data directory, and removes everything
/// afterwards. Clients send the mix of a clinic: of a hundred commands 30 register a patient, 40 book, 10 reschedule, 10
/// record an arrival and a fulfilment, and 10 pay. The plain service, written without event sourcing, takes turns with
/// `anamnesis`, on its own database of the same Postgres.
///
/// Three load scenarios come first: creates alone, lists alone, and both together. Closed loops find the peak rates. Open
/// loops then run at half of the plain service's peak on both services, and at half of its own peak on `anamnesis`. They
/// measure each command from the time it was due. At the end, with 64 clients, a second `anamnesis` process shares the work.
///
/// A full run takes some minutes. docs/benchmarks.md explains the figures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  anamnesis bench commands --json > commands.json\n  \
                        anamnesis bench commands --clients 1,64 --rounds 1 --seconds 2")]
pub(crate) struct Commands {
    /// Print the machine, the figures and all measurements as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The numbers of concurrent clients, at most 512, which is the limit of concurrent requests of a service. The figures
    /// use 1, 8, 64 and 256.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,256", value_name = "N,…", value_parser = clients)]
    pub(crate) clients: Vec<usize>,
    /// The time each loop is measured, after a warm-up of a quarter of it, at most one second.
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// The number of runs.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// The number of patients that exist before the clients start. There is one practitioner for ten patients.
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = at_least_one)]
    pub(crate) patients: usize,
    /// The share of each load scenario to run. The figures use 100.
    #[arg(long, default_value_t = 100, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) load_percent: u32,
    /// Use these empty NATS servers instead of starting one, such as a cluster. ANAMNESIS_NATS__REPLICAS is the number of
    /// copies. Only with `--rounds 1`.
    #[arg(long, value_name = "URL,…")]
    pub(crate) nats: Option<String>,
    /// The plain service, or `none` [default: bench/peers/target/release/crud, if it exists].
    #[arg(long, value_name = "PATH|none")]
    pub(crate) crud: Option<PathBuf>,
}

/// Measure how soon queries show a command, and how a rebuild affects queries.
///
/// It starts `anamnesis up` in its own process with private, durable servers in the data directory, and removes everything
/// afterwards. An open loop sends the mix of `bench commands` at half of the peak rate. After one of ten commands, a client
/// sends a query with the consistency token of the response, and measures the time from that response to the answer.
///
/// Then it measures queries beside 500 commands per second: first alone, then while `anamnesis rebuild --all` runs
/// repeatedly.
///
/// A full run takes some minutes. docs/benchmarks.md explains the figures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  anamnesis bench visible --json > visible.json\n  \
                        anamnesis bench visible --rate 500 --rounds 1 --rebuild-seconds 0")]
pub(crate) struct Visible {
    /// Print the machine, the figures and all measurements as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The numbers of concurrent clients that search for the peak rate.
    #[arg(long, value_delimiter = ',', default_value = "64,256", value_name = "N,…", value_parser = clients)]
    pub(crate) clients: Vec<usize>,
    /// The rate of commands [default: half of the peak].
    #[arg(long, value_name = "COMMANDS/S", value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// Follow one of N commands with a query.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) sample: u64,
    /// The time each loop is measured, after a warm-up of a quarter of it, at most one second.
    #[arg(long, default_value_t = 10.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// The number of runs.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// The number of patients that exist before the clients start. There is one practitioner for ten patients.
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = at_least_one)]
    pub(crate) patients: usize,
    /// The minimum size of the log before the rebuilds.
    #[arg(long, default_value_t = 20_000, value_name = "EVENTS")]
    pub(crate) events: u64,
    /// The rate of commands during the measurements without and with rebuilds.
    #[arg(long, default_value_t = 500.0, value_name = "COMMANDS/S", value_parser = rate)]
    pub(crate) rebuild_rate: f64,
    /// The rate of queries during these measurements.
    #[arg(long, default_value_t = 100.0, value_name = "QUERIES/S", value_parser = rate)]
    pub(crate) query_rate: f64,
    /// The length of each of these measurements; 0 skips them.
    #[arg(long, default_value_t = 20.0, value_name = "SECONDS", value_parser = seconds_or_none)]
    pub(crate) rebuild_seconds: f64,
}

/// Measure how fast the read models of a clinic are rebuilt from the log.
///
/// It starts private, durable servers in the data directory, and removes them with their data afterwards. It creates a
/// clinic, with personal fields encrypted as in production. Then it rebuilds the appointments and their patient data as
/// `anamnesis rebuild` does, with the comparison and the swap, each time in its own process, and checks the result.
///
/// Two limits are measured beside it: reading the streams without processing, and copying the rows into tables of the same
/// shape. On a smaller log, disintegrate-postgres and Python's eventsourcing build the same tables from the same events.
///
/// A full run takes some minutes. docs/benchmarks.md explains the figures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  anamnesis bench rebuild --json > rebuild.json\n  \
                        anamnesis bench rebuild --sizes 100000,1000000,5000000")]
pub(crate) struct Rebuild {
    /// Print the machine, the figures and all measurements as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The minimum size of the log. The figures use 1000000.
    #[arg(long, default_value_t = 1_000_000, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(100..))]
    pub(crate) events: u64,
    /// The number of workers that fold each projection.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) workers: u16,
    /// The number of runs.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// Further sizes of the log, to see whether a rebuild slows down. The figure uses 100000 and 5000000.
    #[arg(long, value_delimiter = ',', value_name = "EVENTS,…", value_parser = clap::value_parser!(u64).range(100..))]
    pub(crate) sizes: Vec<u64>,
    /// The size of the log on which the other systems are compared with `anamnesis`.
    #[arg(long, default_value_t = 100_000, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(100..))]
    pub(crate) peer_events: u64,
    /// The program that runs disintegrate-postgres, or `none` [default: bench/peers/target/release/peers, if it exists].
    #[arg(long, value_name = "PATH|none")]
    pub(crate) peers: Option<PathBuf>,
    /// The folder of Python's eventsourcing, or `none` [default: bench/peers/eventsourcing, if it has a Python
    /// environment].
    #[arg(long, value_name = "DIR|none")]
    pub(crate) eventsourcing: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// All aggregates with the same probability.
    Uniform,
    /// By Zipf's law with exponent 1.
    Zipf,
    /// All clients use the same aggregate.
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
