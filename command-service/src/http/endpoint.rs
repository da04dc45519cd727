//! A command as an endpoint. What is particular to it is told once: its address, what it answers, what it refuses, and how its
//! command is made of a request. Its route and its part of the OpenAPI document both come from that; what all of them share
//! stands here.

use std::collections::BTreeMap;

use axum::{
    extract::{Request, State},
    http::{StatusCode, Uri},
    response::Response,
};
use chrono::{DateTime, Utc};
use commands::{Caller, Command, CommandError, Commands, Target};
use http_edge::{Address, Named, Operation, Problem, problem::types::INVALID_REQUEST};
use platform::serde_message::MAX_NAME_CHARS;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::{
    ToSchema,
    openapi::{HttpMethod, Required},
};
use utoipa_axum::router::UtoipaMethodRouter;
use uuid::Uuid;

use super::{answer, if_match, key, nouns::Noun, problems};

/// Who is behind a request, while requests are not authenticated.
const ANONYMOUS: &str = "anonymous";

/// A route, with its part of the OpenAPI document.
pub(super) type Route = UtoipaMethodRouter<Commands>;

/// An address that begins with what a command changes.
pub(super) trait NamesTarget {
    /// Its id.
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

/// What a request says beside its body.
pub(super) struct Given<'a, P> {
    /// The parameters of its address.
    pub(super) path: P,
    /// Who sent it.
    pub(super) caller: &'a Caller,
    expected_version: Option<u64>,
}

impl<P> Given<'_, P> {
    /// When it came.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.caller.now()
    }
}

impl<P: NamesTarget> Given<'_, P> {
    /// What the address names, at the version that `If-Match` insists on.
    pub(super) fn target(&self) -> Target {
        Target {
            id: self.path.id(),
            expected_version: self.expected_version,
        }
    }
}

/// An endpoint that is being described.
pub(super) struct Endpoint {
    noun: &'static Noun,
    operation: Operation,
    summary: &'static str,
    description: Option<&'static str>,
    parameters: Vec<(&'static str, &'static str)>,
    needs_key: bool,
    problems: BTreeMap<u16, &'static str>,
    says: fn(CommandError) -> Problem,
}

impl Endpoint {
    pub(super) fn new(noun: &'static Noun, method: HttpMethod, path: &'static str) -> Self {
        Self {
            noun,
            operation: Operation::new(method, format!("{}{path}", noun.called.path), noun.called.tag),
            summary: "",
            description: None,
            parameters: Vec::new(),
            needs_key: false,
            problems: BTreeMap::new(),
            says: problems::of,
        }
    }

    /// What it does, in one sentence.
    pub(super) fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// What else there is to say.
    pub(super) fn description(self, description: &'static str) -> Self {
        Self {
            description: Some(description),
            ..self
        }
    }

    /// What a parameter of the address after the first is.
    pub(super) fn parameter(mut self, name: &'static str, description: &'static str) -> Self {
        self.parameters.push((name, description));
        self
    }

    /// It makes something: that is answered with 201.
    pub(super) fn makes<R: ToSchema>(self, success: &'static str) -> Self {
        let headers = ["ETag", "Consistency-Token", "Location"];
        Self {
            operation: self
                .operation
                .answer(StatusCode::CREATED, success, Named::of::<R>(), &headers),
            ..self
        }
    }

    /// It answers with a resource.
    pub(super) fn answers<R: ToSchema>(self, success: &'static str) -> Self {
        let headers = ["ETag", "Consistency-Token"];
        Self {
            operation: self
                .operation
                .answer(StatusCode::OK, success, Named::of::<R>(), &headers),
            ..self
        }
    }

    /// What a status says here, beside or instead of what it says everywhere.
    pub(super) fn refuses(mut self, status: u16, description: &'static str) -> Self {
        self.problems.insert(status, description);
        self
    }

    /// It is only carried out under an `Idempotency-Key`.
    pub(super) fn needs_key(self) -> Self {
        Self {
            needs_key: true,
            ..self
        }
    }

    /// How it says that its command was not carried out, where that is particular to it.
    pub(super) fn says(self, says: fn(CommandError) -> Problem) -> Self {
        Self { says, ..self }
    }

    /// Its command is made of a body.
    pub(super) fn body<C, B, P>(self, make: fn(B, &Given<'_, P>) -> Result<C, Problem>) -> Route
    where
        C: Command,
        B: DeserializeOwned + ToSchema + Send + 'static,
        P: Address,
    {
        self.describe_body::<B>().route(None, make)
    }

    /// Its command is made of a body that can be left out.
    pub(super) fn body_if_any<C, B, P>(self, make: fn(B, &Given<'_, P>) -> Result<C, Problem>) -> Route
    where
        C: Command,
        B: DeserializeOwned + Default + ToSchema + Send + 'static,
        P: Address,
    {
        self.describe_body::<B>().route(Some(B::default), make)
    }

    /// Its address says all there is to say: no body, or an empty object.
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
                let done = commands.execute(&command, &caller).await.map_err(says)?;
                answer::render(&done, C::CONTEXT)
            },
        )
    }

    /// Its part of the OpenAPI document.
    fn describe<C: Command, P: Address>(self) -> Operation {
        let problems = self.refusals::<P>();
        let id = format!("The {}'s id", self.noun.called.singular);
        let names = std::iter::once(("id", id.as_str())).chain(self.parameters.iter().copied());
        let once = "Carried out once: the same key and body get the same answer, for ever";
        let operation = self
            .operation
            .id(C::NAME.replace('-', "_"))
            .summary(self.summary, self.description)
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
            "The entity tag of the {} that the command was made for; stale ones are refused",
            self.noun.called.singular
        );
        operation.header("If-Match", &stale, Required::False)
    }

    /// What is refused here: what is refused everywhere, and what is particular to it.
    fn refusals<P: Address>(&self) -> BTreeMap<u16, String> {
        let malformed = match self.needs_key {
            true => "Malformed request, or one without an Idempotency-Key",
            false => "Malformed request",
        };
        let mut refusals = BTreeMap::from([
            (400, malformed.to_owned()),
            (
                422,
                "A value breaks a rule, or the Idempotency-Key was used for another request".to_owned(),
            ),
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

/// What a command is told stands in its address, its headers and its body. A query that is ignored would be lost silently.
fn refuse_query(uri: &Uri) -> Result<(), Problem> {
    let query = uri.query().unwrap_or_default();
    let name = query.split(['=', '&']).next().unwrap_or_default();
    if query.is_empty() {
        return Ok(());
    }
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    Err(Problem::new(&INVALID_REQUEST).parameter(name, "is not a known parameter"))
}

/// The body of a command whose address says all there is to say: none, or an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}
