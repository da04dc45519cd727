//! Servers that the tests of a process share, and the thread that runs them.

use std::sync::OnceLock;

use tokio::sync::watch;

use super::{Scratch, must, options};
use crate::servers::{Servers, start};
use crate::supervisor::{GivenUp, failure};

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

    /// The URL of nats-server for a user of its system account, with credentials.
    pub fn nats_system_url(&self) -> &str {
        self.servers.nats_system_url().unwrap_or_default()
    }

    /// The URL of the empty database `anamnesis`, with credentials. Most tests should use [`super::database`]
    /// instead.
    pub fn postgres_url(&self) -> &str {
        self.servers.postgres_url().unwrap_or_default()
    }
}

/// The shared servers, started on first use.
pub async fn servers() -> &'static SharedServers {
    static SERVERS: Shared<SharedServers> = Shared::new();
    SERVERS
        .get("shared servers", async || {
            let scratch = Scratch::new().await;
            let servers = must("start the shared servers", start(options(&scratch)).await);
            let given_up = servers.given_up.clone();
            let shared = SharedServers {
                servers,
                _scratch: scratch,
            };
            (shared, given_up)
        })
        .await
}

/// A value that is started once per process, on first use.
#[derive(Debug)]
pub(super) struct Shared<T: 'static>(OnceLock<watch::Receiver<Option<&'static T>>>);

impl<T: Send + Sync> Shared<T> {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The shared value. The first caller starts it with `start`, which also returns the channel that reports a
    /// server that is no longer restarted.
    pub(super) async fn get<F>(&self, what: &'static str, start: F) -> &'static T
    where
        F: AsyncFnOnce() -> (T, watch::Receiver<Option<GivenUp>>) + Send + 'static,
    {
        let mut started = self.0.get_or_init(|| start_on_thread(what, start)).clone();
        match started.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(shared)) => shared,
            _ => panic!("the {what} could not be started; see the panic of its thread"),
        }
    }
}

/// Starts the value on a thread of its own. Each test's runtime ends with the test, but the servers' supervisors need
/// a runtime that stays.
fn start_on_thread<T, F>(what: &'static str, start: F) -> watch::Receiver<Option<&'static T>>
where
    T: Send + Sync,
    F: AsyncFnOnce() -> (T, watch::Receiver<Option<GivenUp>>) + Send + 'static,
{
    let (sender, receiver) = watch::channel(None);
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        must("build a runtime", runtime).block_on(async {
            let (shared, given_up) = start().await;
            sender.send_replace(Some(&*Box::leak(Box::new(shared))));
            panic!("{}", failure(given_up).await);
        });
    };
    must(
        "start a thread",
        std::thread::Builder::new().name(what.to_owned()).spawn(run),
    );
    receiver
}
