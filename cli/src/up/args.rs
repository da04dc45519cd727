//! The arguments of `anamnesis up`.

use std::net::SocketAddr;

const EXAMPLES: &str = "Examples:
  Try it out with 23 patients, 9 practitioners and their history:
    anamnesis up --demo
  Serve other ports, from another data directory:
    anamnesis --data-dir clinic up --listen 127.0.0.1:8080 --grpc-listen 127.0.0.1:9090
  Start it from a script that needs the URLs:
    anamnesis up --json

The exit code is 0 after Ctrl-C or SIGTERM, and 1 when it cannot start or a server fails.";

/// Run the whole system in one process.
///
/// Use it on a workstation, for tests and for small installations. It serves commands and queries on one HTTP port and
/// also runs gRPC, the projections and the reactors, until Ctrl-C.
///
/// It starts NATS and Postgres in the data directory. If nats.url or postgres.url is set, it uses that server instead.
/// Only one `up` can run on a data directory. Other commands find the running one by the data directory.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Up {
    /// The address and port for HTTP [default: http.listen, 127.0.0.1:4004]. It must be a loopback address, because
    /// requests are not authenticated.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// The address and port for gRPC [default: grpc.listen, 127.0.0.1:9001]. It must be a loopback address, because calls
    /// are not authenticated.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) grpc_listen: Option<SocketAddr>,
    /// Import a small clinic before serving, and print commands to try. Importing it again changes nothing.
    #[arg(long)]
    pub(crate) demo: bool,
    /// When ready, print all URLs and the new sign-ins as one line of JSON. The line contains passwords.
    #[arg(long)]
    pub(crate) json: bool,
}
