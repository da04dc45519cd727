//! An operation of the API: its route and its part of the OpenAPI document. The parts that all commands or all queries
//! share live in their services.

use std::{collections::BTreeMap, fmt};

use axum::{
    handler::Handler,
    http::StatusCode,
    routing::{MethodRouter, on},
};
use serde_json::Value;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        Content, ContentBuilder, HeaderBuilder, HttpMethod, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder,
        Schema, Type,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths},
        request_body::RequestBodyBuilder,
        schema::SchemaType,
    },
};
use utoipa_axum::{PathItemExt as _, router::UtoipaMethodRouter};

use crate::{Address, ProblemBody, problem};

/// The declaration of an operation.
pub struct Operation {
    method: HttpMethod,
    path: String,
    described: OperationBuilder,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Operation {
    /// Declares an operation at a path, under a tag of the document.
    pub fn new(method: HttpMethod, path: String, tag: &str) -> Self {
        Self {
            method,
            path,
            described: OperationBuilder::new().tag(tag),
            schemas: Vec::new(),
        }
    }

    /// Sets the operation's id, unique in the document.
    pub fn id(self, id: String) -> Self {
        self.with(|described| described.operation_id(Some(id)))
    }

    /// Sets the summary (one sentence) and the description.
    pub fn summary(self, summary: &str, description: Option<&str>) -> Self {
        self.with(|described| described.summary(Some(summary)).description(description))
    }

    /// Adds the path parameters, each with its name and description.
    pub fn address<'a, P: Address>(self, names: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let parameters = names.zip(P::schemas()).map(|((name, description), schema)| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .description(Some(description))
                .required(Required::True)
                .schema(Some(schema))
                .build()
        });
        self.parameters(parameters)
    }

    /// Adds the query parameters.
    pub fn query<Q: IntoParams>(self) -> Self {
        self.parameters(Q::into_params(|| None))
    }

    /// Adds parameters that are described already.
    pub fn parameters(self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        self.with(|described| parameters.into_iter().fold(described, OperationBuilder::parameter))
    }

    /// Adds a request header, optional or required.
    pub fn header(self, name: &str, description: &str, required: Required) -> Self {
        let schema = match required {
            Required::True => String::schema(),
            Required::False => text_or_none(),
        };
        let header = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .description(Some(description))
            .required(required)
            .schema(Some(schema));
        self.parameters([header.build()])
    }

    /// Sets the request body.
    pub fn body<B: ToSchema>(mut self) -> Self {
        let content = self.content(Named::of::<B>());
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True));
        self.with(|described| described.request_body(Some(body.build())))
    }

    /// Sets the successful response: a resource and headers.
    pub fn answer(mut self, status: StatusCode, description: &str, resource: Named, headers: &[&str]) -> Self {
        let content = self.content(resource);
        let answer = headers.iter().fold(
            ResponseBuilder::new()
                .description(description)
                .content("application/json", content),
            |answer, name| answer.header(*name, HeaderBuilder::new().schema(Some(String::schema())).build()),
        );
        self.with(|described| described.response(status.as_str(), answer.build()))
    }

    /// Sets the successful response without a body.
    pub fn empty_answer(self, status: StatusCode, description: &str) -> Self {
        let answer = ResponseBuilder::new().description(description);
        self.with(|described| described.response(status.as_str(), answer.build()))
    }

    /// Sets the error responses: a description per status.
    pub fn problems(mut self, problems: &BTreeMap<u16, String>) -> Self {
        for (status, description) in problems {
            let content = self.content(Named::of::<ProblemBody>());
            let problem = ResponseBuilder::new()
                .description(description)
                .content(problem::CONTENT_TYPE, content);
            self = self.with(|described| described.response(status.to_string(), problem.build()));
        }
        self
    }

    /// Builds the route with its part of the document.
    pub fn route<T, S, H>(self, handler: H) -> UtoipaMethodRouter<S>
    where
        H: Handler<T, S>,
        T: 'static,
        S: Clone + Send + Sync + 'static,
    {
        let router: MethodRouter<S> = on(self.method.to_method_filter(), handler);
        let mut paths = Paths::new();
        paths.add_path_operation(&self.path, vec![self.method], self.described.build());
        (self.schemas, paths, router)
    }

    fn with(self, describe: impl FnOnce(OperationBuilder) -> OperationBuilder) -> Self {
        Self {
            described: describe(self.described),
            ..self
        }
    }

    fn content(&mut self, Named { name, schemas, example }: Named) -> Content {
        self.schemas.extend(schemas);
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(name)))
            .example(example)
            .build()
    }
}

/// The schema of a type by its name in the document, with all schemas that it refers to, and an example.
pub struct Named {
    name: String,
    schemas: Vec<(String, RefOr<Schema>)>,
    example: Option<Value>,
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Named").field(&self.name).finish()
    }
}

impl Named {
    /// The schema of a type.
    pub fn of<T: ToSchema>() -> Self {
        let (name, mut schemas) = (T::name().into_owned(), Vec::new());
        T::schemas(&mut schemas);
        schemas.push((name.clone(), T::schema()));
        Self {
            name,
            schemas,
            example: None,
        }
    }

    /// Adds an example.
    #[must_use]
    pub fn example(self, example: Value) -> Self {
        Self {
            example: Some(example),
            ..self
        }
    }

    /// The schema of a generic type, such as a page of resources. It is named after both types.
    pub fn holding<G: ToSchema, T: ToSchema>() -> Self {
        let (name, mut held) = (format!("{}_{}", G::name(), T::name()), Self::of::<T>());
        held.schemas.push((name.clone(), G::schema()));
        Self { name, ..held }
    }
}

/// The schema of an optional text.
fn text_or_none() -> RefOr<Schema> {
    let text_or_null = SchemaType::Array(vec![Type::String, Type::Null]);
    Schema::from(ObjectBuilder::new().schema_type(text_or_null)).into()
}
