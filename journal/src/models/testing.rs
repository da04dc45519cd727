//! Entries in memory, and events in the form that models see.

use std::{collections::BTreeMap, convert::Infallible};

use domain::NamedEvent;
use events::{
    CATALOGUE, Event, encode, personal_fields,
    publication::{sample, versions},
};
use serde_json::{Value, json};

use super::{Entries, Entry, Target};

/// Entries in memory.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Memory(BTreeMap<Vec<u8>, Vec<u8>>);

impl Memory {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Target for Memory {
    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).cloned()
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>) {
        self.0.insert(key.to_vec(), value);
    }

    fn remove(&mut self, key: &[u8]) {
        self.0.remove(key);
    }
}

impl Entries for Memory {
    type Error = Infallible;

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(key).cloned())
    }

    fn range(&self, from: &[u8], to: &[u8]) -> Result<Vec<Entry>, Infallible> {
        let found = self.0.range(from.to_vec()..to.to_vec());
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

/// An event as published: its type, and its body with all personal fields sealed.
pub(super) fn published<E: NamedEvent>(event: &E) -> (&'static str, Vec<u8>) {
    let body = encode(event).expect("encodable");
    (
        body.name.event_type,
        seal(body.name.event_type, body.data).to_string().into_bytes(),
    )
}

/// Every version of every published event: its type, its sample with all personal fields sealed, and the decoded
/// sample.
pub(super) fn samples() -> Vec<(String, Vec<u8>, Event)> {
    let of = |id: &events::publication::SchemaId| {
        let catalogued = CATALOGUE
            .iter()
            .find(|aggregate| aggregate.events.iter().any(|name| name.event_type == id.event_type));
        let (aggregate_type, sample) = (
            catalogued.expect("an aggregate").aggregate_type,
            sample(id).expect("a sample"),
        );
        let event = Event::decode(aggregate_type, &id.event_type, id.schema_version, sample.as_bytes());
        let body = serde_json::from_str(sample).expect("JSON");
        let sealed = seal(&id.event_type, body).to_string().into_bytes();
        (id.event_type.clone(), sealed, event.expect("readable"))
    };
    versions().map(|id| of(&id)).collect()
}

fn seal(event_type: &str, mut body: Value) -> Value {
    for pointer in personal_fields(event_type).expect("listed") {
        if let Some(field) = body.pointer_mut(pointer) {
            *field = json!("c2VhbGVk");
        }
    }
    body
}
