//! Declares a command's endpoint: its address, its responses and refusals, and the parser that builds the command from
//! a request. The route and its part of the OpenAPI document are derived from the declaration. The parts that all
//! commands share live here.

use std::collections::BTreeMap;

use api::Example;
use axum::{
    extract::{Request, State},
    http::{StatusCode, Uri},
    response::Response,
};
use chrono::{DateTime, Utc};
use commands::{Caller, Command, CommandError, Commands, Target};
use http_edge::{Address, Named, Operation, Problem, problem::types::INVALID_REQUEST};
use platform::serde_message;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::{
    ToSchema,
    openapi::{HttpMethod, Required},
};
use utoipa_axum::router::UtoipaMethodRouter;
use uuid::Uuid;

use super::{answer, if_match, key, nouns::Noun, refusals};

/// The caller's name while requests are not authenticated.
const ANONYMOUS: &str = "anonymous";

/// The description of a `PUT` that changes some fields.
const MERGING: &str = "A field that is left out stays as it is. `null` clears an optional field.";

/// A route with its part of the OpenAPI document.
pub(super) type Route = UtoipaMethodRouter<Commands>;

/// An address whose first parameter is the id of the command's target.
pub(super) trait NamesTarget {
    /// The target's id.
    fn id(&self) -> Uuid;
}

impl NamesTarget for Uuid {
    fn id(&self) -> Uuid {
        *self
    }
}

impl<T> NamesTarget for (Uuid, T) {
    fn id(&self) -> Uuid {
        self.0
    }
}

/// The parts of a request besides its body.
pub(super) struct Given<'a, P> {
    /// The path parameters.
    pub(super) path: P,
    /// The caller.
    pub(super) caller: &'a Caller,
    expected_version: Option<u64>,
}

impl<P> Given<'_, P> {
    /// The time at which the request was received.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.caller.now()
    }
}

impl<P: NamesTarget> Given<'_, P> {
    /// The command's target, with the version that `If-Match` requires.
    pub(super) fn target(&self) -> Target {
        Target {
            id: self.path.id(),
            expected_version: self.expected_version,
        }
    }
}

/// The declaration of an endpoint.
pub(super) struct Endpoint {
    noun: &'static Noun,
    operation: Operation,
    summary: &'static str,
    description: Option<&'static str>,
    merges: bool,
    parameters: Vec<(&'static str, &'static str)>,
    needs_key: bool,
    problems: BTreeMap<u16, &'static str>,
    says: fn(&CommandError) -> Option<Problem>,
}

impl Noun {
    pub(super) fn post(&'static self, path: &'static str) -> Endpoint {
        Endpoint::new(self, HttpMethod::Post, path)
    }

    pub(super) fn put(&'static self, path: &'static str) -> Endpoint {
        Endpoint::new(self, HttpMethod::Put, path)
    }

    pub(super) fn delete(&'static self, path: &'static str) -> Endpoint {
        Endpoint::new(self, HttpMethod::Delete, path)
    }
}

impl Endpoint {
    pub(super) fn new(noun: &'static Noun, method: HttpMethod, path: &'static str) -> Self {
        Self {
            noun,
            operation: Operation::new(method, format!("{}{path}", noun.called.path), noun.called.tag),
            summary: "",
            description: None,
            merges: false,
            parameters: Vec::new(),
            needs_key: false,
            problems: BTreeMap::new(),
            says: |_| None,
        }
    }

    /// Sets the summary: one sentence.
    pub(super) fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Sets the description: the details that the summary omits.
    pub(super) fn description(self, description: &'static str) -> Self {
        Self {
            description: Some(description),
            ..self
        }
    }

    /// Says that a field that the body leaves out stays as it is.
    pub(super) fn merges(self) -> Self {
        Self { merges: true, ..self }
    }

    /// Describes a path parameter after the first.
    pub(super) fn parameter(mut self, name: &'static str, description: &'static str) -> Self {
        self.parameters.push((name, description));
        self
    }

    /// Responds with 201 and the created resource.
    pub(super) fn makes<R: ToSchema + Example>(self, success: &'static str) -> Self {
        let headers = ["ETag", "Consistency-Token", "Location"];
        Self {
            operation: self.operation.answer(
                StatusCode::CREATED,
                success,
                Named::of::<R>().example(R::example()),
                &headers,
            ),
            ..self
        }
    }

    /// Responds with 200 and the resource.
    pub(super) fn answers<R: ToSchema + Example>(self, success: &'static str) -> Self {
        let headers = ["ETag", "Consistency-Token"];
        Self {
            operation: self.operation.answer(
                StatusCode::OK,
                success,
                Named::of::<R>().example(R::example()),
                &headers,
            ),
            ..self
        }
    }

    /// Describes an error status of this endpoint. It replaces the common description of that status.
    pub(super) fn refuses(mut self, status: u16, description: &'static str) -> Self {
        self.problems.insert(status, description);
        self
    }

    /// Requires an `Idempotency-Key`.
    pub(super) fn needs_key(self) -> Self {
        Self {
            needs_key: true,
            ..self
        }
    }

    /// Maps some errors in its own way. `None` leaves an error to the common mapping.
    pub(super) fn says(self, says: fn(&CommandError) -> Option<Problem>) -> Self {
        Self { says, ..self }
    }

    /// Builds the command from a required body.
    pub(super) fn body<C, B, P>(self, make: fn(B, &Given<'_, P>) -> Result<C, Problem>) -> Route
    where
        C: Command,
        B: DeserializeOwned + ToSchema + Send + 'static,
        P: Address,
    {
        self.describe_body::<B>().route(None, make)
    }

    /// Builds the command from an optional body.
    pub(super) fn body_if_any<C, B, P>(self, make: fn(B, &Given<'_, P>) -> Result<C, Problem>) -> Route
    where
        C: Command,
        B: DeserializeOwned + Default + ToSchema + Send + 'static,
        P: Address,
    {
        self.describe_body::<B>().route(Some(B::default), make)
    }

    /// Builds the command from the address alone. The body is empty or an empty object.
    pub(super) fn no_body<C: Command, P: Address>(
        self,
        make: fn(Nothing, &Given<'_, P>) -> Result<C, Problem>,
    ) -> Route {
        self.route(Some(Nothing::default), make)
    }

    fn describe_body<B: ToSchema>(self) -> Self {
        Self {
            operation: self.operation.body::<B>(),
            ..self
        }
    }

    fn route<C, B, P>(self, without: Option<fn() -> B>, make: fn(B, &Given<'_, P>) -> Result<C, Problem>) -> Route
    where
        C: Command,
        B: DeserializeOwned + Send + 'static,
        P: Address,
    {
        let (says, needs_key) = (self.says, self.needs_key);
        self.describe::<C, P>().route(
            async move |State(commands): State<Commands>, request: Request| -> Result<Response, Problem> {
                let (mut parts, content) = request.into_parts();
                refuse_query(&parts.uri)?;
                let path = P::read(&mut parts).await?;
                let expected_version = if_match::read(&parts.headers);
                let (body, key) = key::read(Request::from_parts(parts, content), without, needs_key).await?;
                let caller = commands.caller(ANONYMOUS, key);
                let command = make(
                    body,
                    &Given {
                        path,
                        caller: &caller,
                        expected_version: expected_version?,
                    },
                )?;
                let done = commands.execute(&command, &caller).await;
                let done = done.map_err(|error| says(&error).unwrap_or_else(|| refusals::of(error)))?;
                answer::render(&done, C::CONTEXT)
            },
        )
    }

    /// The endpoint's part of the OpenAPI document.
    fn describe<C: Command, P: Address>(self) -> Operation {
        let problems = self.refusals::<P>();
        let id = format!("The {}'s id", self.noun.called.singular);
        let names = std::iter::once(("id", id.as_str())).chain(self.parameters.iter().copied());
        let description = match (self.merges, self.description) {
            (false, description) => description.map(str::to_owned),
            (true, None) => Some(MERGING.to_owned()),
            (true, Some(description)) => Some(format!("{MERGING} {description}")),
        };
        let once = "Makes the request idempotent: the same key and body always get the same response";
        let operation = self
            .operation
            .id(C::NAME.replace('-', "_"))
            .summary(self.summary, description.as_deref())
            .address::<P>(names)
            .problems(&problems);
        let operation = match self.needs_key {
            true => operation.header("Idempotency-Key", &format!("Required. {once}"), Required::True),
            false => operation.header("Idempotency-Key", once, Required::False),
        };
        if P::schemas().is_empty() {
            return operation;
        }
        let stale = format!(
            "The entity tag of the {} that the command is based on. A stale tag is refused",
            self.noun.called.singular
        );
        operation.header("If-Match", &stale, Required::False)
    }

    /// The error statuses: the common ones and those of this endpoint.
    fn refusals<P: Address>(&self) -> BTreeMap<u16, String> {
        let malformed = match self.needs_key {
            true => "Malformed request, or no Idempotency-Key",
            false => "Malformed request",
        };
        let mut refusals = BTreeMap::from([
            (400, malformed.to_owned()),
            (
                422,
                "A value is invalid, or the Idempotency-Key was used for another request".to_owned(),
            ),
            (429, "A rate limit is reached".to_owned()),
            (503, "Overloaded or unavailable".to_owned()),
        ]);
        refusals.extend(self.noun.erased.map(|erased| (410, erased.to_owned())));
        if !P::schemas().is_empty() {
            refusals.insert(404, format!("No such {}", self.noun.called.singular));
            refusals.insert(412, format!("The {} is at another version", self.noun.called.singular));
        }
        let own = self.problems.iter().map(|(status, text)| (*status, (*text).to_owned()));
        refusals.extend(own);
        refusals
    }
}

/// Refuses a query string. A command reads its address, its headers and its body; an ignored query string would be lost
/// silently.
fn refuse_query(uri: &Uri) -> Result<(), Problem> {
    let query = uri.query().unwrap_or_default();
    let name = query.split(['=', '&']).next().unwrap_or_default();
    if query.is_empty() {
        return Ok(());
    }
    let name: String = name.chars().take(serde_message::MAX_NAME_CHARS).collect();
    let unknown = serde_message::unknown("parameter", &[] as &[&str]);
    Err(Problem::new(&INVALID_REQUEST).parameter(name, unknown))
}

/// The body of a command without fields: empty, or an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}
