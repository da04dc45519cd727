//! Validates bodies against the published schemas.

use events::publication::{SchemaId, schema};
use serde_json::Value;

/// A validator for one schema. It checks formats, and the schema itself.
pub(crate) struct Validator {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Validator {
    pub(crate) fn of(id: &SchemaId) -> Self {
        let document = schema(id).unwrap_or_else(|| panic!("{id} has no schema"));
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource("schema.json", document).expect("a resource");
        let index = compiler
            .compile("schema.json", &mut schemas)
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        Self { schemas, index }
    }

    pub(crate) fn check(&self, body: &Value) -> Result<(), String> {
        self.schemas
            .validate(body, self.index)
            .map_err(|error| error.to_string())
    }
}
