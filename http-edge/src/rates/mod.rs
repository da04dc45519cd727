//! Rate limits: how often a client may call. An address is counted before a request is looked at, and a principal once it
//! is known who that is.

mod limit;

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use platform::config::RateLimitSettings;
use uuid::Uuid;

use self::limit::{Charge, Limit};
use crate::{
    client::ClientAddress,
    layers::always_answered,
    problem::{Problem, types},
};

/// The headers that tell a client its limits (draft-ietf-httpapi-ratelimit-headers-10).
pub(crate) const HEADERS: [HeaderName; 2] = [limit::POLICY, limit::STATE];

/// The principal that a request is counted for. The layer that authenticates puts it into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PrincipalKey(pub Uuid);

/// The rate limits of a process.
#[derive(Debug)]
pub(crate) struct RateLimits {
    address_reads: Limit<IpAddr>,
    address_writes: Limit<IpAddr>,
    address_sign_ins: Limit<IpAddr>,
    principal_reads: Limit<PrincipalKey>,
    principal_writes: Limit<PrincipalKey>,
}

impl From<&RateLimitSettings> for RateLimits {
    fn from(settings: &RateLimitSettings) -> Self {
        let clients = settings.remembered_clients;
        Self {
            address_reads: Limit::new("address-reads", settings.address_reads, clients),
            address_writes: Limit::new("address-writes", settings.address_writes, clients),
            address_sign_ins: Limit::new("address-sign-ins", settings.address_sign_ins, clients),
            principal_reads: Limit::new("principal-reads", settings.principal_reads, clients),
            principal_writes: Limit::new("principal-writes", settings.principal_writes, clients),
        }
    }
}

impl RateLimits {
    fn charge_address(&self, request: &Request) -> Option<Charge> {
        let network = network(request).filter(|_| !always_answered(request))?;
        let limit = match reads(request) {
            true => &self.address_reads,
            false => &self.address_writes,
        };
        Some(limit.charge(&network))
    }

    fn charge_principal(&self, request: &Request) -> Option<Charge> {
        let principal = request.extensions().get::<PrincipalKey>()?;
        let limit = match reads(request) {
            true => &self.principal_reads,
            false => &self.principal_writes,
        };
        Some(limit.charge(principal))
    }
}

fn network(request: &Request) -> Option<IpAddr> {
    request
        .extensions()
        .get::<ClientAddress>()
        .map(|client| client.network())
}

/// A search is a read that carries its terms in a body.
fn reads(request: &Request) -> bool {
    let is_search = || {
        let path = request.extensions().get::<MatchedPath>();
        path.is_some_and(|path| path.as_str().ends_with("/search"))
    };
    request.method().is_safe() || (request.method() == Method::POST && is_search())
}

/// The layer around all routes. It leaves the limits to the layers further in.
pub(crate) async fn limit_addresses(
    State(rates): State<Arc<RateLimits>>,
    mut request: Request,
    next: Next,
) -> Response {
    let charge = rates.charge_address(&request);
    request.extensions_mut().insert(rates);
    answer(charge, request, next).await
}

/// A layer for the routes that sign somebody in. They have a limit of their own besides that of writes.
pub async fn limit_sign_ins(request: Request, next: Next) -> Response {
    let rates = request.extensions().get::<Arc<RateLimits>>();
    let charge = rates.and_then(|rates| Some(rates.address_sign_ins.charge(&network(&request)?)));
    answer(charge, request, next).await
}

/// The layer inside of the one that authenticates. A request without a [`PrincipalKey`] passes.
pub async fn limit_principals(request: Request, next: Next) -> Response {
    let rates = request.extensions().get::<Arc<RateLimits>>();
    let charge = rates.and_then(|rates| rates.charge_principal(&request));
    answer(charge, request, next).await
}

async fn answer(charge: Option<Charge>, request: Request, next: Next) -> Response {
    let Some(charge) = charge else {
        return next.run(request).await;
    };
    let mut response = match charge.refused_for {
        None => next.run(request).await,
        Some(seconds) => too_many(&charge, seconds).into_response(),
    };
    charge.tell(response.headers_mut());
    response
}

fn too_many(charge: &Charge, seconds: u32) -> Problem {
    metrics::counter!("http_requests_limited_total", "limit" => charge.name).increment(1);
    Problem::new(&types::TOO_MANY_REQUESTS)
        .detail(format!(
            "the limit {} is reached: {} requests per minute, and {} at once after a pause",
            charge.name, charge.rate.per_minute, charge.rate.burst
        ))
        .retry_after(seconds)
}
