//! The accounts of services: `/auth/services`, and `POST /auth/token` for the services themselves.

use api::{AccessTokenResource, ServiceKeyResource};
use axum::{extract::State, http::StatusCode};
use http_edge::{Json, Path, Problem};
use platform::config::Secret;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    endpoint::{Endpoint, Route},
    signed_in::Admin,
};
use crate::Auth;

/// A service.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ServiceCreation {
    /// The name, at most 100 characters, unique among services.
    #[schema(example = "Laboratory system")]
    name: String,
}

/// The key of a service.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ServiceKey {
    /// The key.
    #[schema(value_type = String)]
    key: Secret,
}

pub(super) fn routes() -> [Route; 3] {
    let create = Endpoint::post("/auth/services", "create_service")
        .summary(
            "Create the account of a service, with a key.",
            Some("The key is shown only here. It is exchanged for access tokens (`POST /auth/token`)."),
        )
        .for_admins()
        .takes::<ServiceCreation>()
        .makes::<ServiceKeyResource>("Created")
        .refuses(409, "Another service has the name")
        .refuses(422, "The name breaks a rule")
        .route(create);
    let add_key = Endpoint::post("/auth/services/{id}/keys", "add_service_key")
        .summary(
            "Add a key to a service.",
            Some("So a key can be replaced without an interruption: add a key, use it, remove the old one."),
        )
        .for_admins()
        .address::<Uuid>("id", "The account's id")
        .makes::<ServiceKeyResource>("Added")
        .refuses(404, "There is no such service")
        .refuses(409, "The service has as many keys as it may have")
        .route(add_key);
    let remove_key = Endpoint::delete("/auth/services/{id}/keys/{keyId}", "remove_service_key")
        .summary("Remove a key of a service.", Some("The sessions of the service end."))
        .for_admins()
        .addresses::<(Uuid, Uuid)>(&[("id", "The account's id"), ("keyId", "The key's id")])
        .gives_nothing("Removed")
        .refuses(404, "There is no such key")
        .route(remove_key);
    [create, add_key, remove_key]
}

pub(super) fn token_route() -> Route {
    Endpoint::post("/auth/token", "exchange_service_key")
        .summary("Exchange the key of a service for an access token.", None)
        .takes::<ServiceKey>()
        .gives::<AccessTokenResource>("The access token")
        .refuses(401, "The key is unknown or was removed, or the service is disabled")
        .route(exchange)
}

async fn create(
    State(auth): State<Auth>,
    _: Admin,
    Json(ServiceCreation { name }): Json<ServiceCreation>,
) -> Result<(StatusCode, axum::Json<ServiceKeyResource>), Problem> {
    Ok((StatusCode::CREATED, axum::Json(auth.create_service(&name).await?)))
}

async fn add_key(
    State(auth): State<Auth>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, axum::Json<ServiceKeyResource>), Problem> {
    Ok((StatusCode::CREATED, axum::Json(auth.add_service_key(id).await?)))
}

async fn remove_key(
    State(auth): State<Auth>,
    _: Admin,
    Path((id, key_id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    auth.remove_service_key(id, key_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn exchange(
    State(auth): State<Auth>,
    Json(ServiceKey { key }): Json<ServiceKey>,
) -> Result<axum::Json<AccessTokenResource>, Problem> {
    Ok(axum::Json(auth.exchange(key.expose()).await?))
}
