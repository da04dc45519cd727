//! The HTTP API of sign-ins and accounts: one file per endpoint.

mod accounts;
mod change_password;
mod endpoint;
mod login;
mod logout;
mod me;
pub mod problems;
mod refresh;
mod register;
mod second_factor;
mod services;
mod sessions;
mod signed_in;
mod validate_token;
mod well_known;

use axum::middleware::from_fn;
use http_edge::limit_sign_ins;
use utoipa_axum::router::OpenApiRouter;

use self::endpoint::Route;
use crate::Auth;

/// The routes with their part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Auth> {
    let own = [logout::route(), me::route(), validate_token::route()];
    let others = own
        .into_iter()
        .chain(sessions::routes())
        .chain(accounts::routes())
        .chain(services::routes())
        .chain(well_known::routes());
    together(signing_in())
        .layer(from_fn(limit_sign_ins))
        .merge(together(others))
}

/// The routes that take a secret which somebody could guess.
fn signing_in() -> impl Iterator<Item = Route> {
    let own = [
        login::route(),
        refresh::route(),
        change_password::route(),
        services::token_route(),
    ];
    own.into_iter().chain(second_factor::routes()).chain(register::routes())
}

fn together(routes: impl Iterator<Item = Route>) -> OpenApiRouter<Auth> {
    routes.fold(OpenApiRouter::new(), OpenApiRouter::routes)
}
