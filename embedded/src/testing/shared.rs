//! The one pair of servers that the tests of a process share.

use std::sync::OnceLock;

use tokio::sync::watch;

use super::{Scratch, must, options};
use crate::servers::{Servers, start};

/// The shared servers. They live until the process ends.
#[derive(Debug)]
pub struct SharedServers {
    servers: Servers,
    _scratch: Scratch,
}

impl SharedServers {
    /// The URL of the nats-server, with credentials.
    pub fn nats_url(&self) -> &str {
        self.servers.nats_url().unwrap_or_default()
    }

    /// The URL of the nats-server as a user of its system account, with credentials.
    pub fn nats_system_url(&self) -> &str {
        self.servers.nats_system_url().unwrap_or_default()
    }

    /// The URL of the empty database `anamnesis`, with credentials. Most tests want [`super::database`] instead.
    pub fn postgres_url(&self) -> &str {
        self.servers.postgres_url().unwrap_or_default()
    }
}

/// The shared servers, started when a test first asks for them.
pub async fn servers() -> &'static SharedServers {
    static SERVERS: OnceLock<watch::Receiver<Option<&'static SharedServers>>> = OnceLock::new();
    let mut started = SERVERS.get_or_init(start_on_thread).clone();
    match started.wait_for(Option::is_some).await.as_deref() {
        Ok(Some(servers)) => servers,
        _ => panic!("the shared servers could not be started; the thread that tried says why"),
    }
}

/// Each test has a runtime of its own, which ends with it; the servers' supervisors need one that stays.
fn start_on_thread() -> watch::Receiver<Option<&'static SharedServers>> {
    let (sender, receiver) = watch::channel(None);
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        must("build a runtime", runtime).block_on(async {
            let scratch = Scratch::new().await;
            let servers = must("start the shared servers", start(options(&scratch)).await);
            let shared: &'static SharedServers = Box::leak(Box::new(SharedServers {
                servers,
                _scratch: scratch,
            }));
            sender.send_replace(Some(shared));
            panic!("{}", shared.servers.failed().await);
        });
    };
    must(
        "start a thread",
        std::thread::Builder::new().name("shared-servers".to_owned()).spawn(run),
    );
    receiver
}
