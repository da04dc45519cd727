//! `POST /auth/validate-token`

use api::TokenStatusResource;
use axum::extract::State;
use http_edge::{Json, Problem};
use platform::config::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::endpoint::{Endpoint, Route};
use crate::Auth;

/// An access token to check.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenValidation {
    /// The access token.
    #[schema(value_type = String)]
    token: Secret,
}

pub(super) fn route() -> Route {
    Endpoint::post("/auth/validate-token", "validate_token")
        .summary(
            "Check whether an access token is valid.",
            Some("Unlike the signature alone, the answer says whether the session has ended."),
        )
        .takes::<TokenValidation>()
        .gives::<TokenStatusResource>("Whether the token is valid, and what it says")
        .route(validate)
}

async fn validate(
    State(auth): State<Auth>,
    Json(TokenValidation { token }): Json<TokenValidation>,
) -> Result<axum::Json<TokenStatusResource>, Problem> {
    Ok(axum::Json(auth.token_status(token.expose()).await?))
}
