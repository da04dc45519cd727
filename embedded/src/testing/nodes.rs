//! The servers of a NATS cluster, as local processes: their configuration and their first start.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use rustix::process::Signal;

use super::Scratch;
use crate::credentials::{Credentials, new_password};
use crate::error::Error;
use crate::nats::{self, Role};
use crate::options::Options;
use crate::process::Process;
use crate::server::Server;
use crate::{leftovers, locate};

/// The names of the nodes. Each has a directory with its name in the data directory.
pub(super) const NODE_NAMES: [&str; 3] = ["n1", "n2", "n3"];

/// A node that has answered.
pub(super) type Started = (Server, Process);

/// Starts the nodes on empty data and waits until each of them answers, which requires a leader. Retries a few times
/// with other ports, because another process may take a port before its node does.
pub(super) async fn start(scratch: &Scratch, options: &Options) -> Result<[Started; 3], Error> {
    const ATTEMPTS: usize = 4;
    let program = locate::nats_server(options).await?;
    // A later test process recognizes this process's servers by the resolved path.
    let data_dir = fs::create_dir_all(scratch.data_dir())
        .and_then(|()| scratch.data_dir().canonicalize())
        .map_err(Error::io("create the data directory of a cluster"))?;
    let credentials = Credentials::load_or_create(&data_dir)?;
    let mut attempts = 1..ATTEMPTS;
    loop {
        let servers = configure(&program, &data_dir, &credentials)?;
        let [first, second, third] = &servers;
        // If one node fails to start, the others are stopped.
        let started = tokio::try_join!(first.start(), second.start(), third.start());
        match (started, attempts.next()) {
            (Ok((one, two, three)), _) => {
                let [first, second, third] = servers;
                return Ok([(first, one), (second, two), (third, three)]);
            }
            (Err(error @ Error::NotReady { .. }), Some(_)) => {
                tracing::warn!(%error, "a node did not start; trying again");
                clear(&data_dir).await?;
            }
            (Err(error), _) => return Err(error),
        }
    }
}

fn configure(program: &Path, data_dir: &Path, credentials: &Credentials) -> Result<[Server; 3], Error> {
    let route_password = new_password();
    let ports = free_ports().map_err(Error::io("find free TCP ports on 127.0.0.1"))?;
    let (client_ports, route_ports) = ports.split_at(NODE_NAMES.len());
    let routes: String = route_ports
        .iter()
        .map(|port| format!("    \"nats-route://node:{route_password}@127.0.0.1:{port}\"\n"))
        .collect();
    let node = |index: usize| -> Result<Server, Error> {
        let name = NODE_NAMES[index];
        let route_port = route_ports[index];
        // The password in the routes keeps out nodes of another cluster that meet a port this one has given up.
        // Clients are not told about other nodes, so they keep to the addresses of the test. Each node is tagged with
        // its name, so that a test can place a stream.
        let settings = format!(
            r#"server_tags: ["{name}"]
cluster {{
  name: "anamnesis"
  listen: "127.0.0.1:{route_port}"
  no_advertise: true
  authorization {{
    user: "node"
    password: "{route_password}"
  }}
  routes: [
{routes}  ]
}}
"#
        );
        let role = Role {
            name: name.to_owned(),
            settings,
        };
        let directory = data_dir.join(name);
        fs::create_dir_all(&directory).map_err(Error::io(format!("create {}", directory.display())))?;
        let mut server = nats::configure(program.to_owned(), &directory, credentials, client_ports[index], &role)?;
        // A node that a test has paused would not receive a clean signal.
        server.launch.death_signal = Signal::KILL;
        Ok(server)
    };
    Ok([node(0)?, node(1)?, node(2)?])
}

/// Two ports per node. All are held until the last one is found, so that no port is found twice.
fn free_ports() -> io::Result<Vec<u16>> {
    let listeners: io::Result<Vec<TcpListener>> = (0..2 * NODE_NAMES.len())
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect();
    listeners?
        .iter()
        .map(|listener| listener.local_addr().map(|address| address.port()))
        .collect()
}

/// Removes the remains of an attempt.
async fn clear(data_dir: &Path) -> Result<(), Error> {
    for name in NODE_NAMES {
        let directory = data_dir.join(name);
        leftovers::stop(&nats::trace(&directory)).await?;
        fs::remove_dir_all(&directory).map_err(Error::io(format!("remove {}", directory.display())))?;
    }
    Ok(())
}
