//! `POST /auth/refresh`

use api::TokensResource;
use axum::extract::State;
use http_edge::{Json, Problem};
use platform::config::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::endpoint::{Endpoint, Route};
use crate::Auth;

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Refresh {
    /// The refresh token of the last tokens.
    #[schema(value_type = String)]
    refresh_token: Secret,
}

pub(super) fn route() -> Route {
    Endpoint::post("/auth/refresh", "refresh_tokens")
        .summary(
            "Get the next tokens of a session.",
            Some(
                "Replaces the refresh token. For 10 seconds, the replaced token gets the same successor again. After \
                 that it was stolen, and presenting it ends the session.",
            ),
        )
        .takes::<Refresh>()
        .gives::<TokensResource>("The next tokens")
        .refuses(401, "The refresh token is unknown, replaced or expired")
        .route(refresh)
}

async fn refresh(
    State(auth): State<Auth>,
    Json(Refresh { refresh_token }): Json<Refresh>,
) -> Result<axum::Json<TokensResource>, Problem> {
    Ok(axum::Json(auth.refresh(refresh_token.expose()).await?))
}
