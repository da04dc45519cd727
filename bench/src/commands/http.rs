//! An HTTP client with connections that are kept, for one server.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use platform::new_id;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many connections are kept that nobody uses at the moment: as many as there are clients.
const KEPT_CONNECTIONS: usize = 512;

/// A client.
#[derive(Debug)]
pub(super) struct Http {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
}

/// What is used of an answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The id of the resource.
    pub(super) id: String,
    /// Where the log stood.
    pub(super) token: String,
}

impl Http {
    pub(super) fn new(base: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(KEPT_CONNECTIONS)
            .build(connector);
        Self {
            client,
            base: base.to_owned(),
        }
    }

    /// Sends a command. One that moves money goes under an `Idempotency-Key` of its own.
    pub(super) async fn command(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if path.ends_with("/payments") {
            request = request.header("idempotency-key", new_id().to_string());
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                serde_json::to_vec(body).map_err(|error| error.to_string())?
            }
            None => Vec::new(),
        };
        let request = request.body(Full::from(body)).map_err(|error| error.to_string())?;
        self.send(request).await
    }

    /// Asks a query. With tokens it waits for what they speak of.
    pub(super) async fn query(&self, path: &str, tokens: &str) -> Result<Answer, String> {
        let mut request = Request::get(format!("{}{path}", self.base));
        if !tokens.is_empty() {
            request = request.header("consistency-token", tokens);
        }
        let request = request.body(Full::default()).map_err(|error| error.to_string())?;
        self.send(request).await
    }

    /// Sends a request and reads the whole answer. Whatever is not a success is an error, named by its problem type.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        #[derive(Default, Deserialize)]
        struct Shown {
            #[serde(default)]
            id: String,
            #[serde(default, rename = "type")]
            problem: String,
        }
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| error.to_string())?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok((head, body))
        };
        let exchanged: Result<_, String> = timeout(PATIENCE, exchange)
            .await
            .map_err(|_| format!("no answer after {} s", PATIENCE.as_secs()))?;
        let (head, body) = exchanged?;
        let shown: Shown = serde_json::from_slice(&body).unwrap_or_default();
        if !head.status.is_success() {
            return Err(format!("{} {}", head.status.as_u16(), shown.problem));
        }
        let token = head.headers.get("consistency-token");
        Ok(Answer {
            id: shown.id,
            token: token
                .and_then(|token| token.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        })
    }
}
