//! UmaDB: the operation with its Rust client, and its server as its own program starts it.

use std::{io, net::TcpListener, path::Path, thread, time::Duration};

use anyhow::Context as _;
use bench_driver::{Attempt, Cell, Operation, body};
use umadb::{CliOptions, start_server_with_cli_options};
use umadb_client::{AsyncUmaDbClient, UmaDbClient};
use umadb_dcb::{DcbAppendCondition, DcbError, DcbEvent, DcbEventStoreAsync as _, DcbQuery, DcbQueryItem};

use crate::new_id;

const EVENT_TYPE: &str = "account.credited";
const SEEDED_AT_ONCE: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(20);
const PATIENCE: u32 = 500;

/// The database as a peer.
pub(crate) struct Peer {
    client: AsyncUmaDbClient,
    body: String,
}

impl Peer {
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        Ok(Self {
            client: UmaDbClient::new(cell.url.clone()).connect_async().await?,
            body: body(cell.event_bytes),
        })
    }

    /// An event with what an envelope of the product says of one.
    fn event(&self, account: &str) -> DcbEvent {
        DcbEvent::new()
            .event_type(EVENT_TYPE)
            .tags([account])
            .data(self.body.clone())
            .uuid(new_id())
            .metadata([
                ("actor", "bench".to_owned()),
                ("correlationid", new_id().to_string()),
                ("time", "2027-01-11T15:00:00.123456Z".to_owned()),
            ])
    }
}

impl Operation for Peer {
    async fn seed(&self, aggregates: &[String]) -> Result<(), String> {
        for ids in aggregates.chunks(SEEDED_AT_ONCE) {
            let events = ids.iter().map(|id| self.event(id)).collect();
            let appended = self.client.append(events, None, None).await;
            appended.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn attempt(&self, aggregate: &str, _again: bool) -> Result<Attempt, String> {
        let of_account = DcbQuery::new().item(DcbQueryItem::new().tags([aggregate]));
        let read = self
            .client
            .read_with_head(Some(of_account.clone()), None, false, None)
            .await;
        let (events, head) = read.map_err(|error| error.to_string())?;
        let unchanged = DcbAppendCondition::new(of_account).after(head);
        match self
            .client
            .append(vec![self.event(aggregate)], Some(unchanged), None)
            .await
        {
            Ok(_) => Ok(Attempt::Stored {
                version: events.len() as u64 + 1,
            }),
            Err(DcbError::IntegrityError(_)) => Ok(Attempt::Conflict),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Runs a server with the settings it has by default, until standard input ends.
pub(crate) fn serve(folder: &Path) -> anyhow::Result<()> {
    // Whoever takes the port in between makes the start fail.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let options = CliOptions {
        listen_addr: address.to_string(),
        db_path: folder.to_str().context("the folder's name is not UTF-8")?.to_owned(),
        ..CliOptions::default()
    };
    let server = thread::spawn(move || {
        if let Err(error) = start_server_with_cli_options(options) {
            eprintln!("{error}");
        }
    });
    let url = format!("http://{address}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for _ in 0..PATIENCE {
            anyhow::ensure!(!server.is_finished(), "the server has ended");
            if UmaDbClient::new(url.clone()).connect_async().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        anyhow::bail!("the server does not answer")
    })?;
    println!("{}", serde_json::json!({ "url": url }));
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}
