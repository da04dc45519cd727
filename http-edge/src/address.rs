//! Path parameters: how they are parsed and documented.

use axum::{extract::FromRequestParts as _, http::request::Parts};
use serde::de::DeserializeOwned;
use utoipa::{
    PartialSchema as _,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};
use uuid::Uuid;

use crate::{Path, Problem};

/// The path parameters of an operation.
pub trait Address: Sized + Send + 'static {
    /// Their schemas, in order.
    fn schemas() -> Vec<RefOr<Schema>>;

    /// Parses them from a request.
    fn read(parts: &mut Parts) -> impl Future<Output = Result<Self, Problem>> + Send;
}

/// One path parameter.
pub trait Parameter: DeserializeOwned + Send + 'static {
    /// Its schema.
    fn parameter_schema() -> RefOr<Schema>;
}

/// A path without parameters.
impl Address for () {
    fn schemas() -> Vec<RefOr<Schema>> {
        Vec::new()
    }

    async fn read(_parts: &mut Parts) -> Result<Self, Problem> {
        Ok(())
    }
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
