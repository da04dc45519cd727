//! Declares an endpoint: its address, its responses and refusals, and its handler. The route and its part of the OpenAPI
//! document are derived from the declaration.

use std::collections::BTreeMap;

use api::{Example, Page, page_of};
use axum::{handler::Handler, http::StatusCode};
use http_edge::{Address, Named, Operation};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{HttpMethod, Required},
};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::Auth;

/// A route with its part of the OpenAPI document.
pub(super) type Route = UtoipaMethodRouter<Auth>;

/// The declaration of an endpoint.
pub(super) struct Endpoint {
    operation: Operation,
    problems: BTreeMap<u16, String>,
}

impl Endpoint {
    pub(super) fn get(path: &str, id: &str) -> Self {
        Self::new(HttpMethod::Get, path, id)
    }

    pub(super) fn post(path: &str, id: &str) -> Self {
        Self::new(HttpMethod::Post, path, id)
    }

    pub(super) fn put(path: &str, id: &str) -> Self {
        Self::new(HttpMethod::Put, path, id)
    }

    pub(super) fn delete(path: &str, id: &str) -> Self {
        Self::new(HttpMethod::Delete, path, id)
    }

    fn new(method: HttpMethod, path: &str, id: &str) -> Self {
        Self {
            operation: Operation::new(method, path.to_owned(), "sign-ins").id(id.to_owned()),
            problems: BTreeMap::from([(503, "Overloaded or unavailable".to_owned())]),
        }
    }

    /// Sets the summary (one sentence) and the description.
    pub(super) fn summary(self, summary: &str, description: Option<&str>) -> Self {
        self.with(|operation| operation.summary(summary, description))
    }

    /// Says that the caller must be signed in.
    pub(super) fn signed_in(self) -> Self {
        self.with(|operation| operation.header("Authorization", "`Bearer` and an access token", Required::True))
            .refuses(401, "Not signed in, or the session has ended")
    }

    /// Says that the caller must be an administrator.
    pub(super) fn for_admins(self) -> Self {
        self.signed_in().refuses(403, "Not an administrator")
    }

    /// Describes the path parameter.
    pub(super) fn address<P: Address>(self, name: &str, description: &str) -> Self {
        self.addresses::<P>(&[(name, description)])
    }

    /// Describes several path parameters.
    pub(super) fn addresses<P: Address>(self, names: &[(&str, &str)]) -> Self {
        self.with(|operation| operation.address::<P>(names.iter().copied()))
            .refuses(400, "Malformed request")
    }

    /// Adds the query parameters.
    pub(super) fn query<Q: IntoParams>(self) -> Self {
        self.with(Operation::query::<Q>).refuses(400, "Malformed request")
    }

    /// Sets the request body.
    pub(super) fn takes<B: ToSchema>(self) -> Self {
        self.with(Operation::body::<B>).refuses(400, "Malformed request")
    }

    /// Responds with a resource.
    pub(super) fn gives<R: ToSchema + Example>(self, success: &str) -> Self {
        self.answers(StatusCode::OK, success, Named::of::<R>().example(R::example()))
    }

    /// Responds with 201 and a resource.
    pub(super) fn makes<R: ToSchema + Example>(self, success: &str) -> Self {
        self.answers(StatusCode::CREATED, success, Named::of::<R>().example(R::example()))
    }

    /// Responds with a page.
    pub(super) fn gives_page<R: ToSchema + Example>(self, success: &str, order: &str) -> Self {
        let page = Named::holding::<Page<R>, R>().example(page_of::<R>(order));
        self.answers(StatusCode::OK, success, page)
    }

    /// Responds with 204.
    pub(super) fn gives_nothing(self, success: &str) -> Self {
        self.with(|operation| operation.empty_answer(StatusCode::NO_CONTENT, success))
    }

    /// Adds a refusal.
    pub(super) fn refuses(mut self, status: u16, description: &str) -> Self {
        self.problems.entry(status).or_insert_with(|| description.to_owned());
        self
    }

    /// Builds the route.
    pub(super) fn route<T: 'static, H: Handler<T, Auth>>(self, handler: H) -> Route {
        self.operation.problems(&self.problems).route(handler)
    }

    fn answers(self, status: StatusCode, success: &str, resource: Named) -> Self {
        self.with(|operation| operation.answer(status, success, resource, &[]))
    }

    fn with(self, describe: impl FnOnce(Operation) -> Operation) -> Self {
        Self {
            operation: describe(self.operation),
            ..self
        }
    }
}
