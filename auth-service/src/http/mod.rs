//! The HTTP API of sign-ins and accounts: one file per endpoint.

mod accounts;
mod change_password;
mod endpoint;
mod login;
mod logout;
mod me;
mod network;
pub mod problems;
mod refresh;
mod register;
mod second_factor;
mod services;
mod sessions;
mod signed_in;
mod validate_token;
mod well_known;

use utoipa_axum::router::OpenApiRouter;

use crate::Auth;

/// The routes with their part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Auth> {
    let own = [
        login::route(),
        refresh::route(),
        logout::route(),
        me::route(),
        validate_token::route(),
        change_password::route(),
    ];
    let routes = own
        .into_iter()
        .chain(sessions::routes())
        .chain(accounts::routes())
        .chain(second_factor::routes())
        .chain(services::routes())
        .chain(register::routes())
        .chain(well_known::routes());
    routes.fold(OpenApiRouter::new(), OpenApiRouter::routes)
}
