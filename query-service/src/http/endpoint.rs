//! Declares a query's endpoint: its address, its responses and refusals, and its handler. The route and its part of the
//! OpenAPI document are derived from the declaration. The parts that all queries share live here.

use std::collections::BTreeMap;

use api::{Example, Noun, Page, page_of};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use http_edge::{Address, Named, Operation, Problem, json, problem::types::NOT_FOUND, query};
use read_models::{Rows, Scope};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{HttpMethod, Required, path::Parameter},
};
use utoipa_axum::router::UtoipaMethodRouter;

use super::{
    pages::{Order, Paging},
    scope::scope_of,
};
use crate::{
    Queries,
    past::{Owned, ScopedReader, Seen},
    queries::database_problem,
};

/// A route with its part of the OpenAPI document.
pub(super) type Route = UtoipaMethodRouter<Queries>;

/// A parsed request.
#[derive(Debug)]
pub(super) struct Question<P, Q> {
    /// The path parameters.
    pub(super) path: P,
    /// The query parameters, or the body of a search.
    pub(super) parameters: Q,
    headers: HeaderMap,
    scope: Scope,
    queries: Queries,
}

/// No parameters.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// The response type of a query.
pub(super) trait Answer {
    /// The headers of the response.
    const HEADERS: &'static [&'static str];

    /// Its schema in the OpenAPI document. `order` is the default order of a list.
    fn described(order: &str) -> Named;

    fn render(self) -> Response;
}

impl<R: Serialize + ToSchema + Example> Answer for Page<R> {
    const HEADERS: &'static [&'static str] = &[];

    fn described(order: &str) -> Named {
        Named::holding::<Self, R>().example(page_of::<R>(order))
    }

    fn render(self) -> Response {
        Json(self).into_response()
    }
}

impl<R: Serialize + ToSchema + Example> Answer for Json<R> {
    const HEADERS: &'static [&'static str] = &[];

    fn described(_order: &str) -> Named {
        Named::of::<R>().example(R::example())
    }

    fn render(self) -> Response {
        self.into_response()
    }
}

/// A resource with its version as an entity tag.
#[derive(Debug)]
pub(super) struct Tagged<R> {
    version: i64,
    resource: R,
}

impl<R> Tagged<R> {
    pub(super) const fn new(version: i64, resource: R) -> Self {
        Self { version, resource }
    }
}

impl<R> From<Seen<R>> for Tagged<R> {
    fn from(seen: Seen<R>) -> Self {
        Self::new(seen.version.cast_signed(), seen.resource)
    }
}

impl<R: Serialize + ToSchema + Example> Answer for Tagged<R> {
    const HEADERS: &'static [&'static str] = &["ETag"];

    fn described(_order: &str) -> Named {
        Named::of::<R>().example(R::example())
    }

    fn render(self) -> Response {
        let tag = [(header::ETAG, format!("W/\"{}\"", self.version))];
        (tag, Json(self.resource)).into_response()
    }
}

/// The declaration of an endpoint.
pub(super) struct Endpoint {
    noun: &'static Noun,
    method: HttpMethod,
    path: &'static str,
    id: String,
    summary: String,
    named: String,
    success: String,
    problems: BTreeMap<u16, String>,
}

impl<P: Address> Question<P, ()> {
    /// Parses the path, and returns the query string unparsed.
    async fn of(queries: Queries, request: Request) -> Result<(Self, String), Problem> {
        let (mut parts, _) = request.into_parts();
        let question = Self {
            path: P::read(&mut parts).await?,
            parameters: (),
            scope: scope_of(&parts),
            headers: parts.headers,
            queries,
        };
        Ok((question, parts.uri.query().unwrap_or_default().to_owned()))
    }

    fn with<Q>(self, parameters: Q) -> Question<P, Q> {
        Question {
            path: self.path,
            parameters,
            headers: self.headers,
            scope: self.scope,
            queries: self.queries,
        }
    }
}

impl<P, Q> Question<P, Q> {
    /// Returns the rows that the caller may see, once these projections have reached the position in the request's
    /// `Consistency-Token`.
    ///
    /// # Errors
    /// As [`Queries::read`].
    pub(super) async fn read(&self, projections: &[&str]) -> Result<Rows<'_>, Problem> {
        self.queries.read(&self.headers, self.scope, projections).await
    }

    /// Returns a reader of the histories that the caller may see.
    ///
    /// # Errors
    /// As [`Queries::look_back`].
    pub(super) async fn look_back<A: Owned>(&self) -> Result<ScopedReader<A>, Problem> {
        self.queries.look_back(&self.headers, self.scope).await
    }
}

impl Endpoint {
    /// Declares an endpoint at a path below a noun's. `id` is the operation's id in the OpenAPI document.
    pub(super) fn get(noun: &'static Noun, path: &'static str, id: String) -> Self {
        Self {
            noun,
            method: HttpMethod::Get,
            path,
            id,
            summary: String::new(),
            named: format!("The {}'s id", noun.singular),
            success: "A page".to_owned(),
            problems: BTreeMap::from([
                (400, "Malformed request".to_owned()),
                (429, "A rate limit is reached".to_owned()),
                (503, "Behind or unavailable".to_owned()),
            ]),
        }
    }

    /// Declares the endpoint of a single resource.
    pub(super) fn one(noun: &'static Noun) -> Self {
        Self {
            success: format!("The {}", noun.singular),
            ..Self::get(noun, "/{id}", format!("get_{}", noun.singular))
        }
    }

    /// Declares the endpoint that lists a noun's resources.
    pub(super) fn all(noun: &'static Noun) -> Self {
        Self::get(noun, "", format!("list_{}", noun.plural))
    }

    /// A search with a request body. Personal data must not be in URLs, because proxies and browsers log them.
    pub(super) fn search(noun: &'static Noun) -> Self {
        Self {
            method: HttpMethod::Post,
            ..Self::get(noun, "/search", format!("search_{}", noun.plural))
        }
    }

    pub(super) const fn noun(&self) -> &'static Noun {
        self.noun
    }

    /// Sets the summary: one sentence.
    pub(super) fn summary(self, summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..self
        }
    }

    /// Replaces the default description of the id in the path.
    pub(super) fn named_by(self, named: &str) -> Self {
        Self {
            named: named.to_owned(),
            ..self
        }
    }

    /// Describes the successful response.
    pub(super) fn success(self, success: &str) -> Self {
        Self {
            success: success.to_owned(),
            ..self
        }
    }

    /// Describes an error status of this endpoint. It replaces the common description of that status.
    pub(super) fn refuses(mut self, status: u16, description: impl Into<String>) -> Self {
        self.problems.insert(status, description.into());
        self
    }

    /// Sets the handler.
    pub(super) fn answers<P, Q, R, F>(
        self,
        answer: impl Fn(Question<P, Q>) -> F + Clone + Send + Sync + 'static,
    ) -> Route
    where
        P: Address,
        Q: DeserializeOwned + IntoParams + Send + 'static,
        R: Answer + 'static,
        F: Future<Output = Result<R, Problem>> + Send + 'static,
    {
        let operation = self.describe::<P, Q, R>(Vec::new(), "");
        operation.route(move |State(queries): State<Queries>, request: Request| {
            let answer = answer.clone();
            async move {
                let (question, query) = Question::of(queries, request).await?;
                let question = question.with(query::parse(&query)?);
                answer(question).await.map(R::render)
            }
        })
    }

    /// Sets the handler of a paged list.
    pub(super) fn pages<P, Q, K, R, F>(
        self,
        order: Order<K>,
        answer: impl Fn(Question<P, Q>, Paging<K>) -> F + Clone + Send + Sync + 'static,
    ) -> Route
    where
        P: Address,
        Q: DeserializeOwned + IntoParams + Send + 'static,
        K: Copy + Send + Sync,
        R: Answer + 'static,
        F: Future<Output = Result<R, Problem>> + Send + 'static,
    {
        let operation = self.describe::<P, Q, R>(order.parameters(), &order.unasked());
        operation.route(move |State(queries): State<Queries>, request: Request| {
            let answer = answer.clone();
            async move {
                let (question, query) = Question::of(queries, request).await?;
                let (part, filter) = order.split(&query);
                let paging = order.paging(&query::parse(&part)?)?;
                let question = question.with(query::parse_beside(&filter, order.names())?);
                answer(question, paging).await.map(R::render)
            }
        })
    }

    /// Answers with a page of a list. The filter is the request body.
    pub(super) fn pages_of<B, K, R, F>(
        self,
        order: Order<K>,
        answer: impl Fn(Question<(), B>, Paging<K>) -> F + Clone + Send + Sync + 'static,
    ) -> Route
    where
        B: DeserializeOwned + ToSchema + Send + 'static,
        K: Copy + Send + Sync,
        R: Answer + 'static,
        F: Future<Output = Result<R, Problem>> + Send + 'static,
    {
        let operation = self
            .describe::<(), Nothing, R>(order.parameters(), &order.unasked())
            .body::<B>();
        operation.route(move |State(queries): State<Queries>, request: Request| {
            let answer = answer.clone();
            async move {
                let (head, content) = request.into_parts();
                let asked = Request::from_parts(head.clone(), Body::empty());
                let (question, query) = Question::of(queries, asked).await?;
                let (part, rest) = order.split(&query);
                let paging = order.paging(&query::parse(&part)?)?;
                let Nothing {} = query::parse_beside(&rest, order.names())?;
                let body = json::read(Request::from_parts(head, content)).await?;
                answer(question.with(json::parse(&body)?), paging).await.map(R::render)
            }
        })
    }

    fn describe<P: Address, Q: IntoParams, R: Answer>(self, part: Vec<Parameter>, order: &str) -> Operation {
        let mut problems = self.problems;
        if !P::schemas().is_empty() {
            let unknown = || format!("No such {}", self.noun.singular);
            let _ = problems.entry(404).or_insert_with(unknown);
        }
        Operation::new(self.method, format!("{}{}", self.noun.path, self.path), self.noun.tag)
            .id(self.id)
            .summary(&self.summary, None)
            .address::<P>(std::iter::once(("id", self.named.as_str())))
            .query::<Q>()
            .parameters(part)
            .header(
                "Consistency-Token",
                "The token of an earlier response. The query waits until it reflects that response",
                Required::False,
            )
            .header("Prefer", "`wait=<seconds>`: the maximum time to wait", Required::False)
            .answer(StatusCode::OK, &self.success, R::described(order), R::HEADERS)
            .problems(&problems)
    }
}

/// Returns the row that the path names.
///
/// # Errors
/// The row does not exist, or the database cannot be queried.
pub(super) fn found<T>(row: Result<Option<T>, read_models::Error>, noun: &Noun) -> Result<T, Problem> {
    let unknown = || Problem::new(&NOT_FOUND).detail(format!("No {} has this id.", noun.singular));
    row.map_err(database_problem)?.ok_or_else(unknown)
}
