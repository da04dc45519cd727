//! A command as an endpoint. What is particular to it is told once: its address, what it answers, what it refuses, and how its
//! command is made of a request. Its route and its part of the OpenAPI document both come from that; what all of them share
//! stands here.

use std::collections::BTreeMap;

use axum::{
    extract::{FromRequestParts as _, Request, State},
    http::{StatusCode, request::Parts},
    response::Response,
    routing::{MethodRouter, on},
};
use chrono::{DateTime, Utc};
use commands::{Caller, Command, CommandError, Commands, Target};
use http_edge::{Path, Problem, ProblemBody, problem};
use serde::de::DeserializeOwned;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, HttpMethod, KnownFormat, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder,
        Schema, SchemaFormat, Type,
        path::{self, OperationBuilder, ParameterBuilder, ParameterIn, Paths},
        request_body::RequestBodyBuilder,
        schema::SchemaType,
    },
};
use utoipa_axum::{PathItemExt as _, router::UtoipaMethodRouter};
use uuid::Uuid;

use super::{answer, if_match, key, nouns::Noun, problems};

/// Who is behind a request, while requests are not authenticated.
const ANONYMOUS: &str = "anonymous";

/// A route, with its part of the OpenAPI document.
pub(super) type Route = UtoipaMethodRouter<Commands>;

/// The parameters of an endpoint's address.
pub(super) trait Address: Sized + Send + 'static {
    /// Their schemas, in order.
    fn schemas() -> Vec<RefOr<Schema>>;

    /// Reads them.
    fn read(parts: &mut Parts) -> impl Future<Output = Result<Self, Problem>> + Send;
}

impl Address for () {
    fn schemas() -> Vec<RefOr<Schema>> {
        Vec::new()
    }

    async fn read(_parts: &mut Parts) -> Result<Self, Problem> {
        Ok(())
    }
}

/// One parameter of an address.
pub(super) trait Parameter: DeserializeOwned + Send + 'static {
    /// Its schema.
    fn parameter_schema() -> RefOr<Schema>;
}

impl Parameter for Uuid {
    fn parameter_schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(format))
            .into()
    }
}

impl Parameter for String {
    fn parameter_schema() -> RefOr<Schema> {
        Self::schema()
    }
}

impl Address for Uuid {
    fn schemas() -> Vec<RefOr<Schema>> {
        vec![Self::parameter_schema()]
    }

    async fn read(parts: &mut Parts) -> Result<Self, Problem> {
        Ok(Path::<Self>::from_request_parts(parts, &()).await?.0)
    }
}

impl<T: Parameter> Address for (Uuid, T) {
    fn schemas() -> Vec<RefOr<Schema>> {
        vec![Uuid::parameter_schema(), T::parameter_schema()]
    }

    async fn read(parts: &mut Parts) -> Result<Self, Problem> {
        Ok(Path::<Self>::from_request_parts(parts, &()).await?.0)
    }
}

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
    method: HttpMethod,
    path: String,
    summary: &'static str,
    description: Option<&'static str>,
    parameters: Vec<(&'static str, &'static str)>,
    needs_key: bool,
    status: StatusCode,
    success: &'static str,
    resource: String,
    schemas: Vec<(String, RefOr<Schema>)>,
    problems: BTreeMap<u16, &'static str>,
    says: fn(CommandError) -> Problem,
}

impl Endpoint {
    pub(super) fn new(noun: &'static Noun, method: HttpMethod, path: &'static str) -> Self {
        Self {
            noun,
            method,
            path: format!("{}{path}", noun.path),
            summary: "",
            description: None,
            parameters: Vec::new(),
            needs_key: false,
            status: StatusCode::OK,
            success: "",
            resource: String::new(),
            schemas: Vec::new(),
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
        Self {
            status: StatusCode::CREATED,
            ..self.answers::<R>(success)
        }
    }

    /// It answers with a resource.
    pub(super) fn answers<R: ToSchema>(self, success: &'static str) -> Self {
        let mut schemas = self.schemas;
        Self {
            success,
            resource: named::<R>(&mut schemas),
            schemas,
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
    pub(super) fn body<C, B, P>(mut self, make: fn(B, &Given<'_, P>) -> Result<C, Problem>) -> Route
    where
        C: Command,
        B: DeserializeOwned + ToSchema + Send + 'static,
        P: Address,
    {
        let schema = named::<B>(&mut self.schemas);
        self.route(Some(schema), None, make)
    }

    /// Its command is made of a body that can be left out.
    pub(super) fn body_if_any<C, B, P>(mut self, make: fn(B, &Given<'_, P>) -> Result<C, Problem>) -> Route
    where
        C: Command,
        B: DeserializeOwned + Default + ToSchema + Send + 'static,
        P: Address,
    {
        let schema = named::<B>(&mut self.schemas);
        self.route(Some(schema), Some(B::default), make)
    }

    /// Its address says all there is to say: no body, or an empty object.
    pub(super) fn no_body<C: Command, P: Address>(
        self,
        make: fn(Nothing, &Given<'_, P>) -> Result<C, Problem>,
    ) -> Route {
        self.route(None, Some(Nothing::default), make)
    }

    fn route<C, B, P>(
        mut self,
        body: Option<String>,
        without: Option<fn() -> B>,
        make: fn(B, &Given<'_, P>) -> Result<C, Problem>,
    ) -> Route
    where
        C: Command,
        B: DeserializeOwned + Send + 'static,
        P: Address,
    {
        let operation = self.operation::<C, P>(body);
        let mut paths = Paths::new();
        paths.add_path_operation(&self.path, vec![self.method.clone()], operation);
        let (says, needs_key) = (self.says, self.needs_key);
        let handler = async move |State(commands): State<Commands>, request: Request| -> Result<Response, Problem> {
            let (mut parts, content) = request.into_parts();
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
        };
        let router: MethodRouter<Commands> = on(self.method.to_method_filter(), handler);
        (self.schemas, paths, router)
    }

    /// Its part of the OpenAPI document.
    fn operation<C: Command, P: Address>(&mut self, body: Option<String>) -> path::Operation {
        let problem = named::<ProblemBody>(&mut self.schemas);
        let mut operation = OperationBuilder::new()
            .tag(self.noun.tag)
            .summary(Some(self.summary))
            .description(self.description)
            .operation_id(Some(C::NAME.replace('-', "_")));
        for parameter in self.parameters_of::<P>() {
            operation = operation.parameter(parameter);
        }
        if let Some(schema) = body {
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(schema)))
                .build();
            let body = RequestBodyBuilder::new()
                .content("application/json", content)
                .required(Some(Required::True));
            operation = operation.request_body(Some(body.build()));
        }
        operation = operation.response(self.status.as_str(), self.answer());
        for (status, description) in self.refusals::<P>() {
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(&problem)))
                .build();
            let response = ResponseBuilder::new()
                .description(description)
                .content(problem::CONTENT_TYPE, content);
            operation = operation.response(status.to_string(), response.build());
        }
        operation.build()
    }

    fn answer(&self) -> utoipa::openapi::Response {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(&self.resource)))
            .build();
        let text = || HeaderBuilder::new().schema(Some(String::schema())).build();
        let mut answer = ResponseBuilder::new()
            .description(self.success)
            .content("application/json", content)
            .header("ETag", text())
            .header("Consistency-Token", text());
        if self.status == StatusCode::CREATED {
            answer = answer.header("Location", text());
        }
        answer.build()
    }

    fn parameters_of<P: Address>(&self) -> Vec<path::Parameter> {
        let id = format!("The {}'s id", self.noun.singular);
        let names = std::iter::once(("id", id.as_str())).chain(self.parameters.iter().copied());
        let mut parameters: Vec<path::Parameter> = names
            .zip(P::schemas())
            .map(|((name, description), schema)| {
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Path)
                    .description(Some(description))
                    .required(Required::True)
                    .schema(Some(schema))
                    .build()
            })
            .collect();
        let once = "Carried out once: the same key and body get the same answer, for ever";
        let header = |name, description: String, is_required| {
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Header)
                .description(Some(description));
            match is_required {
                true => parameter
                    .required(Required::True)
                    .schema(Some(String::schema()))
                    .build(),
                false => parameter.required(Required::False).schema(Some(text_or_none())).build(),
            }
        };
        parameters.push(match self.needs_key {
            true => header("Idempotency-Key", format!("Required. {once}"), true),
            false => header("Idempotency-Key", once.to_owned(), false),
        });
        if !P::schemas().is_empty() {
            let stale = format!(
                "The entity tag of the {} that the command was made for; stale ones are refused",
                self.noun.singular
            );
            parameters.push(header("If-Match", stale, false));
        }
        parameters
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
            refusals.insert(404, format!("No such {}", self.noun.singular));
            refusals.insert(412, format!("The {} is at another version", self.noun.singular));
        }
        let own = self.problems.iter().map(|(status, text)| (*status, (*text).to_owned()));
        refusals.extend(own);
        refusals
    }
}

/// The schema of a text that can be left out.
fn text_or_none() -> Schema {
    let text_or_null = SchemaType::Array(vec![Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(text_or_null).into()
}

/// The body of a command whose address says all there is to say: none, or an empty object.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// The name of a type's schema, which is noted with all that it refers to.
fn named<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) -> String {
    let name = T::name().into_owned();
    schemas.push((name.clone(), T::schema()));
    T::schemas(schemas);
    name
}
