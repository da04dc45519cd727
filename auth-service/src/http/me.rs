//! `GET /auth/me`

use api::UserAccountResource;
use axum::Json;

use super::endpoint::{Endpoint, Route};
use crate::sign_in::SignedIn;

pub(super) fn route() -> Route {
    Endpoint::get("/auth/me", "get_own_account")
        .summary("Get the own account.", None)
        .signed_in()
        .gives::<UserAccountResource>("The account")
        .route(me)
}

async fn me(who: SignedIn) -> Json<UserAccountResource> {
    Json(who.account.into())
}
