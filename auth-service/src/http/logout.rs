//! `POST /auth/logout`

use axum::{extract::State, http::StatusCode};
use http_edge::Problem;

use super::endpoint::{Endpoint, Route};
use crate::{Auth, sign_in::SignedIn};

pub(super) fn route() -> Route {
    Endpoint::post("/auth/logout", "logout")
        .summary("Sign out: end the session of the access token.", None)
        .signed_in()
        .gives_nothing("Signed out")
        .route(logout)
}

async fn logout(State(auth): State<Auth>, who: SignedIn) -> Result<StatusCode, Problem> {
    auth.end_session(&who, who.session.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
