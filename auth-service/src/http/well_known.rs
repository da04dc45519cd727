//! `GET /.well-known/jwks.json` and `GET /.well-known/openid-configuration`

use api::{DiscoveryResource, JwkSetResource};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
};

use super::endpoint::{Endpoint, Route};
use crate::Auth;

/// The answers are public. A new key is published much longer before it signs.
const CACHED: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=60")];

pub(super) fn routes() -> [Route; 2] {
    let keys = Endpoint::get("/.well-known/jwks.json", "get_signing_keys")
        .summary("Get the public keys that verify access tokens.", None)
        .gives::<JwkSetResource>("The keys")
        .route(keys);
    let configuration = Endpoint::get("/.well-known/openid-configuration", "get_issuer")
        .summary("Get the description of the issuer of access tokens.", None)
        .gives::<DiscoveryResource>("The issuer")
        .route(configuration);
    [keys, configuration]
}

async fn keys(State(auth): State<Auth>) -> ([(HeaderName, &'static str); 1], Json<JwkSetResource>) {
    (CACHED, Json(auth.jwks()))
}

async fn configuration(State(auth): State<Auth>) -> ([(HeaderName, &'static str); 1], Json<DiscoveryResource>) {
    (CACHED, Json(auth.discovery()))
}
