//! An HTTP client with persistent connections to one server.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, header, http::response::Parts};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use platform::new_id;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

/// The timeout of a request.
const PATIENCE: Duration = Duration::from_secs(30);
/// The number of idle connections to keep: as many as there are clients.
const KEPT_CONNECTIONS: usize = 512;

/// A client.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
}

/// The used parts of a response.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The id of the resource.
    pub(crate) id: String,
    /// The path to read the changed resource.
    pub(crate) resource: String,
    /// The version of the resource, from the entity tag.
    pub(crate) version: u64,
    /// The consistency token.
    pub(crate) token: String,
}

impl Http {
    pub(crate) fn new(base: &str) -> Self {
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

    /// Sends a command. Payments get an `Idempotency-Key`.
    pub(crate) async fn command(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, String> {
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
        let answer = self.send(request).await?;
        Ok(Answer {
            resource: resource(path, &answer.id),
            ..answer
        })
    }

    /// Sends a query. With tokens, the query waits for their positions.
    pub(crate) async fn query(&self, path: &str, tokens: &str) -> Result<Answer, String> {
        let mut request = Request::get(format!("{}{path}", self.base));
        if !tokens.is_empty() {
            request = request.header("consistency-token", tokens);
        }
        let request = request.body(Full::default()).map_err(|error| error.to_string())?;
        self.send(request).await
    }

    /// Sends a request and reads the whole response. A response that is not a success is an error, named by its problem
    /// type.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        #[derive(Default, Deserialize)]
        struct Shown {
            #[serde(default)]
            id: String,
            #[serde(default, rename = "type")]
            problem: String,
        }
        let (head, body) = self.exchange(request).await?;
        let shown: Shown = serde_json::from_slice(&body).unwrap_or_default();
        if !head.status.is_success() {
            return Err(format!("{} {}", head.status.as_u16(), shown.problem));
        }
        let text = |name| {
            let value = head.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default()
        };
        let tag = text("etag").trim_start_matches("W/").trim_matches('"');
        Ok(Answer {
            id: shown.id,
            resource: String::new(),
            version: tag.parse().unwrap_or_default(),
            token: text("consistency-token").to_owned(),
        })
    }

    /// The text of a page for programs, such as the metrics.
    pub(crate) async fn page(&self, path: &str) -> Result<String, String> {
        let request = Request::get(format!("{}{path}", self.base));
        let request = request.body(Full::default()).map_err(|error| error.to_string())?;
        let (head, body) = self.exchange(request).await?;
        if !head.status.is_success() {
            return Err(format!("{path}: {}", head.status.as_u16()));
        }
        String::from_utf8(body.to_vec()).map_err(|error| error.to_string())
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(Parts, Bytes), String> {
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| error.to_string())?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok((head, body))
        };
        timeout(PATIENCE, exchange)
            .await
            .map_err(|_| format!("no answer after {} s", PATIENCE.as_secs()))?
    }
}

/// The path of the resource that a command changed or created.
fn resource(path: &str, made: &str) -> String {
    let mut parts = path.split('/').skip(1);
    let (api, noun) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("/{api}/{noun}/{}", parts.next().unwrap_or(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_by_the_path_or_by_the_answer() {
        assert_eq!(resource("/api/patients", "7"), "/api/patients/7");
        assert_eq!(resource("/api/appointments/8", "8"), "/api/appointments/8");
        assert_eq!(resource("/api/invoices/9/payments", "payment"), "/api/invoices/9");
    }
}
