//! The scope of a request. Nothing else decides it.

use axum::http::request::Parts;
use read_models::Scope;

/// Returns the scope of a request: the extension [`Scope`], which a layer in front of the routes sets, or all records.
pub(super) fn scope_of(request: &Parts) -> Scope {
    request.extensions.get().copied().unwrap_or(Scope::All)
}
