//! Three nats-servers that keep copies of each other's streams, for one test to take down and bring back.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Scratch, must, options};
use crate::credentials::{Credentials, USER, new_password};
use crate::process::Launch;
use crate::server::{Kind, STOP_SIGNAL, Server};
use crate::supervisor::Supervised;
use crate::{files, locate, nats, ports};

/// The names of the servers, which are also their tags.
pub(super) const MEMBERS: [&str; 3] = ["n1", "n2", "n3"];

/// A cluster of three nats-servers owned by one test. It is named `test`; each server is tagged with its own name.
#[derive(Debug)]
pub struct NatsCluster {
    members: Vec<(Supervised, String)>,
    system_url: String,
    /// Dropped after the servers have been told to end.
    _scratch: Scratch,
}

impl NatsCluster {
    /// Starts a cluster on empty data and waits until all its servers answer.
    pub async fn start() -> Self {
        let scratch = Scratch::new().await;
        let program = must("find a nats-server", locate::nats_server(&options(&scratch)).await);
        let credentials = Credentials {
            nats_password: new_password(),
            nats_system_password: new_password(),
            postgres_password: String::new(),
        };
        // Another process can take a port before the server does. This is rare, and fails a test that starts again.
        let ports = MEMBERS.map(|_| (free_port(), free_port()));
        let servers = MEMBERS.iter().zip(ports).map(|(member, (port, route))| {
            let member = Member {
                name: member,
                port,
                route,
            };
            member.configure(
                &program,
                &scratch.data_dir(),
                &credentials,
                ports.map(|(_, route)| route),
            )
        });
        let servers: Vec<Server> = servers.collect();
        // None of them answers before the others do.
        let mut starting = JoinSet::new();
        for server in servers.iter().cloned() {
            starting.spawn(async move { (must("start a server of the cluster", server.start().await), server) });
        }
        let (given_up, _) = watch::channel(None);
        let mut members: Vec<_> = starting
            .join_all()
            .await
            .into_iter()
            .map(|(process, server)| {
                let url = server.url.clone();
                (Supervised::new(server, process, given_up.clone()), url)
            })
            .collect();
        members.sort_by_key(|(_, url)| servers.iter().position(|server| server.url == *url));
        Self {
            members,
            system_url: nats::system_url(&credentials, ports[0].0),
            _scratch: scratch,
        }
    }

    /// The URLs of all servers, separated by commas, with credentials.
    pub fn url(&self) -> String {
        self.members
            .iter()
            .map(|(_, url)| url.as_str())
            .collect::<Vec<_>>()
            .join(",")
    }

    /// The URL of the first server as a user of its system account, with credentials.
    pub fn system_url(&self) -> &str {
        &self.system_url
    }

    /// Kills a server as `kill -9` does, by its name. It stays away until [`NatsCluster::start_member`].
    pub async fn kill_member(&self, name: &str) {
        self.member(name).halt(Signal::KILL).await;
    }

    /// Starts a server again on the same data and port and waits until it is ready.
    pub async fn start_member(&self, name: &str) {
        must("start a server of the cluster", self.member(name).resume().await);
    }

    /// Stops all servers.
    pub async fn stop(self) {
        for (member, _) in self.members {
            member.stop().await;
        }
    }

    fn member(&self, name: &str) -> &Supervised {
        let index = MEMBERS.iter().position(|member| *member == name);
        let member = index.and_then(|index| self.members.get(index));
        &member
            .unwrap_or_else(|| panic!("no server of the cluster is called {name}"))
            .0
    }
}

struct Member {
    name: &'static str,
    port: u16,
    route: u16,
}

impl Member {
    fn configure(&self, program: &Path, folder: &Path, credentials: &Credentials, routes: [u16; 3]) -> Server {
        let Self { name, port, route } = self;
        let folder = folder.join(name);
        must("make a folder", std::fs::create_dir_all(&folder));
        let routes = routes.map(|route| format!("\"nats://127.0.0.1:{route}\"")).join(", ");
        let users = nats::users(credentials);
        let path = |name: &str| folder.join(name).display().to_string();
        let (store, pid_file) = (path("nats"), path("nats.pid"));
        let config = format!(
            r#"server_name: "{name}"
server_tags: ["{name}"]
listen: "127.0.0.1:{port}"
pid_file: "{pid_file}"
jetstream {{ store_dir: "{store}", sync_interval: always, max_memory_store: 64MB, max_file_store: 4GB }}
cluster {{ name: "test", listen: "127.0.0.1:{route}", routes: [{routes}] }}
{users}"#
        );
        let config_path = nats::trace(&folder).argument;
        must(
            "write the configuration",
            files::write_private(&config_path, &config, None),
        );
        let launch = Launch {
            program: PathBuf::from(program),
            arguments: vec!["--config".into(), OsString::from(config_path)],
            variables: Vec::new(),
            log: folder.join("nats.log"),
            user: None,
            death_signal: STOP_SIGNAL,
        };
        Server {
            name: "nats-server",
            launch,
            url: format!("nats://{USER}:{}@127.0.0.1:{port}", credentials.nats_password),
            kind: Kind::Nats,
        }
    }
}

fn free_port() -> u16 {
    must("find a free port", ports::choose(None))
}
