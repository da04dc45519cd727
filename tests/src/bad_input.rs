//! Requests that every command must refuse: bodies of the wrong shape, bodies that are not JSON, and malformed paths
//! and headers. This module knows no specific command.

use journal::{Context, StreamStatus};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, Clinic};

/// An id that no resource has.
pub const NOBODY: &str = "01980f2e-0000-7000-8000-000000000001";

/// A command: its method, its path with an optional `{id}` placeholder, a valid body if it has one, and the required
/// fields of that body as JSON pointers.
#[derive(Clone, Debug)]
pub struct Deed {
    /// The HTTP method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// A valid body.
    pub valid: Option<Value>,
    /// The required fields, as JSON pointers.
    pub required: Vec<&'static str>,
}

impl Deed {
    /// Creates a command without required fields.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>, valid: Option<Value>) -> Self {
        Self {
            method,
            path: path.into(),
            valid,
            required: Vec::new(),
        }
    }

    /// The same command with required fields.
    #[must_use]
    pub fn requires(self, required: &[&'static str]) -> Self {
        let required = required.to_vec();
        Self { required, ..self }
    }

    /// The same command for this id.
    #[must_use]
    pub fn at(&self, id: &str) -> Self {
        let path = self.path.replace("{id}", id);
        Self { path, ..self.clone() }
    }

    /// Sends it with a body and a new idempotency key.
    pub async fn send(&self, clinic: &Clinic, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let key = platform::ambient::new_id().to_string();
        let headers = [&[("idempotency-key", key.as_str())], headers].concat();
        clinic.send(self.method.clone(), &self.path, &headers, body).await
    }

    /// All bodies with one field that is missing, `null`, of another type, or unknown, each with a pointer to the
    /// field.
    fn misshapen(&self) -> Vec<(String, Value)> {
        let valid = self.valid.clone().unwrap_or_else(|| json!({}));
        let mut fields = Vec::new();
        pointers(&valid, "", &mut fields);
        let mut wrong = Vec::new();
        for (pointer, value) in &fields {
            wrong.push((pointer.clone(), with(&valid, pointer, json!({"un": "expected"}))));
            wrong.push((pointer.clone(), with(&valid, pointer, json!(true))));
            if value.is_number() {
                for number in [json!(1.5), json!(1e300), json!("1")] {
                    wrong.push((pointer.clone(), with(&valid, pointer, number)));
                }
            }
        }
        for pointer in &self.required {
            wrong.push(((*pointer).to_owned(), without(&valid, pointer)));
            wrong.push(((*pointer).to_owned(), with(&valid, pointer, Value::Null)));
        }
        let objects = fields.iter().filter(|(_, value)| value.is_object());
        for object in objects.map(|(pointer, _)| pointer.as_str()).chain([""]) {
            let unknown = format!("{object}/shoeSize");
            wrong.push((unknown.clone(), with(&valid, &unknown, json!(43))));
        }
        wrong
    }

    /// Checks that every body of the wrong shape is refused with the name of the field.
    pub async fn names_what_is_misshapen(&self, clinic: &Clinic) {
        for (pointer, body) in self.misshapen() {
            let answer = self.send(clinic, &[], Some(&body)).await;
            answer.expect_problem(400, "invalid-request");
            let named = answer.faults().first().is_some_and(|fault| fault.starts_with(&pointer));
            assert!(named, "{self:?} {pointer} {body}: {}", answer.body);
        }
    }

    /// Checks that a body that is not JSON, not an object, or of another media type is refused.
    pub async fn refuses_what_is_no_object(&self, clinic: &Clinic) {
        for (content_type, body, problem) in [
            ("application/json", "{", "malformed-json"),
            ("application/json", "7", "invalid-request"),
            ("text/plain", "{}", "unsupported-media-type"),
        ] {
            let url = format!("http://{}{}", clinic.address(), self.path);
            let key = platform::ambient::new_id().to_string();
            let request = reqwest::Client::new()
                .request(self.method.clone(), url)
                .timeout(crate::PATIENCE)
                .header("content-type", content_type)
                .header("idempotency-key", key);
            let answer = request.body(body).send().await.expect("an answer");
            let found = answer.json::<Value>().await.expect("a problem");
            assert_eq!(found["type"], format!("/errors/{problem}"), "{self:?} {body}");
        }
    }

    /// Checks that an overlong idempotency key is refused, and a malformed `If-Match` if the command supports it.
    pub async fn refuses_unreadable_headers(&self, clinic: &Clinic, if_match: bool) {
        let long = "x".repeat(256);
        let mut wrong = vec![("Idempotency-Key", long.as_str())];
        wrong.extend(if_match.then_some(("If-Match", "yesterday")));
        for (header, value) in wrong {
            let key = platform::ambient::new_id().to_string();
            let mut headers = vec![(header, value)];
            if header != "Idempotency-Key" {
                headers.push(("Idempotency-Key", &key));
            }
            let answer = clinic
                .send(self.method.clone(), &self.path, &headers, self.valid.as_ref())
                .await;
            answer.expect_problem(400, "invalid-request");
            assert_eq!(answer.faults(), [header], "{self:?}");
        }
    }
}

/// The state of every stream.
pub async fn stored(clinic: &Clinic) -> Vec<StreamStatus> {
    let mut all = Vec::new();
    for context in Context::ALL {
        all.push(clinic.stream(context).await);
    }
    all
}

/// All fields of a body, including nested ones, with their values.
fn pointers(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    let within: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, value)| (i.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in within {
        let pointer = format!("{at}/{name}");
        found.push((pointer.clone(), value.clone()));
        pointers(value, &pointer, found);
    }
}

/// The body with another value at a pointer.
fn with(body: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = body.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match changed.pointer_mut(parent).expect("what it stands in") {
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = value,
        object => object[name] = value,
    }
    changed
}

/// The body without the field at a pointer.
fn without(body: &Value, pointer: &str) -> Value {
    let mut changed = body.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let object = changed.pointer_mut(parent).and_then(Value::as_object_mut);
    object.expect("an object").remove(name);
    changed
}
