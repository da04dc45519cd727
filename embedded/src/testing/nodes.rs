//! The servers of a NATS cluster, as processes of this machine: their configuration and their first start.
//! Does not know what a test does with them.

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

/// What the nodes are called. Each has a directory of that name in the data directory.
pub(super) const NODE_NAMES: [&str; 3] = ["n1", "n2", "n3"];

/// A node that answers.
pub(super) type Started = (Server, Process);

/// Starts the nodes on empty data and waits until each of them answers, for which they need a leader among them.
/// A few attempts are made, each on ports of its own: another process may take one of them before its node does.
pub(super) async fn start(scratch: &Scratch, options: &Options) -> Result<[Started; 3], Error> {
    const ATTEMPTS: usize = 4;
    let program = locate::nats_server(options).await?;
    // By the resolved name a later test process recognises the servers of this one.
    let data_dir = fs::create_dir_all(scratch.data_dir())
        .and_then(|()| scratch.data_dir().canonicalize())
        .map_err(Error::io("create the data directory of a cluster"))?;
    let credentials = Credentials::load_or_create(&data_dir)?;
    let mut attempts = 1..ATTEMPTS;
    loop {
        let servers = configure(&program, &data_dir, &credentials)?;
        let [first, second, third] = &servers;
        // Those that started are ended when one of them does not.
        let started = tokio::try_join!(first.start(), second.start(), third.start());
        match (started, attempts.next()) {
            (Ok((one, two, three)), _) => {
                let [first, second, third] = servers;
                return Ok([(first, one), (second, two), (third, three)]);
            }
            (Err(error @ Error::NotReady { .. }), Some(_)) => {
                tracing::warn!(%error, "trying again");
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
        // The password in the routes keeps out the nodes of another cluster that come upon a port given up by this one.
        // Clients are not told of other nodes, so that they keep to the addresses that a test has given them.
        // Each is tagged with its name, so that a test can say where a stream is to be.
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
        // Of the clean signals, a node that a test has paused would not hear any.
        server.launch.death_signal = Signal::KILL;
        Ok(server)
    };
    Ok([node(0)?, node(1)?, node(2)?])
}

/// Two ports for each node. All are held until the last is found, so that none is found twice.
fn free_ports() -> io::Result<Vec<u16>> {
    let listeners: io::Result<Vec<TcpListener>> = (0..2 * NODE_NAMES.len())
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect();
    listeners?
        .iter()
        .map(|listener| listener.local_addr().map(|address| address.port()))
        .collect()
}

/// Removes what an attempt has left.
async fn clear(data_dir: &Path) -> Result<(), Error> {
    for name in NODE_NAMES {
        let directory = data_dir.join(name);
        leftovers::stop(&nats::trace(&directory)).await?;
        fs::remove_dir_all(&directory).map_err(Error::io(format!("remove {}", directory.display())))?;
    }
    Ok(())
}
