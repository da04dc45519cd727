//! A client of the sign-in endpoints.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use http_edge::ProblemBody;
use hyper::{Method, Request, Uri, header};
use hyper_util::{
    client::legacy::{Client as HyperClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The service refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", told(.0))]
pub(super) struct Refused(ProblemBody);

impl Refused {
    /// Whether the problem is of this type.
    pub(super) fn is(&self, slug: &str) -> bool {
        self.0.kind == format!("/errors/{slug}")
    }

    /// A further member of the problem document.
    pub(super) fn member(&self, name: &str) -> &str {
        let member = self.0.extensions.get(name);
        member.and_then(Value::as_str).unwrap_or_default()
    }
}

fn told(problem: &ProblemBody) -> String {
    let mut told = problem.title.clone();
    if let Some(detail) = &problem.detail {
        told += &format!(": {detail}");
    }
    for error in &problem.errors {
        let field = error.pointer.as_deref().unwrap_or_default().trim_start_matches('/');
        told += &format!("; {field} {}", error.message);
    }
    told
}

/// A client of one service.
pub(super) struct Client {
    url: String,
    hyper: HyperClient<HttpConnector, Full<Bytes>>,
}

impl Client {
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        let url = url.trim_end_matches('/').to_owned();
        let uri: Uri = url.parse().context("the URL of the service is not valid")?;
        anyhow::ensure!(
            uri.scheme_str() == Some("http") && uri.host().is_some(),
            "the URL of the service must start with http://"
        );
        Ok(Self {
            url,
            hyper: HyperClient::builder(TokioExecutor::new()).build_http(),
        })
    }

    /// Posts a body. The outer error is a failure to reach the service.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Result<T, Refused>> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_string()))?;
        let unreachable = || format!("the service at {} does not answer", self.url);
        let answering = async {
            let response = self.hyper.request(request).await.with_context(unreachable)?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
            let bytes = body
                .map_err(|_| anyhow::anyhow!("the answer is incomplete or too large"))?
                .to_bytes();
            anyhow::Ok((status, bytes))
        };
        let (status, bytes) = tokio::time::timeout(TIMEOUT, answering)
            .await
            .map_err(anyhow::Error::from)
            .with_context(unreachable)??;
        if status.is_success() {
            return Ok(Ok(
                serde_json::from_slice(&bytes).context("the answer is not as expected")?
            ));
        }
        let problem = serde_json::from_slice(&bytes)
            .with_context(|| format!("the service answered {status} without an explanation"))?;
        Ok(Err(Refused(problem)))
    }
}
