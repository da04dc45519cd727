//! Decision models: the data that a rule across aggregates needs, folded from a stream's events.

use std::{collections::BTreeMap, fmt};

use super::{IndexError, Layer, Read, get_through, layer::range_through, model_prefix};
use crate::{RecordedEvent, StreamDefinition};

/// The data of a stream that a rule needs: ordered entries, folded from the events.
///
/// A model sees events as they were published, with personal fields sealed. It must hold no personal data, only ids,
/// hashes and intervals. Keys are compared byte by byte, so write numbers in keys with the highest byte first.
pub trait DecisionModel: fmt::Debug + Send + Sync {
    /// The model's name, with a number. Change it whenever the model folds the same events differently: an index that
    /// was folded under another name is rebuilt.
    fn name(&self) -> &'static str;

    /// Folds one event.
    ///
    /// # Errors
    /// The model does not know the form of the event. Decisions would rest on incomplete data, so the stream takes no
    /// more of them.
    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String>;
}

/// The entries of one model, while an event is folded.
pub struct Changes<'a> {
    prefix: [u8; 2],
    older: &'a [&'a Layer],
    base: &'a dyn Read,
    layer: &'a mut Layer,
    fault: Option<IndexError>,
}

impl fmt::Debug for Changes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl Changes<'_> {
    /// The value of a key.
    pub fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        let key = self.key(key);
        if let Some(value) = self.layer.entries.get(&key) {
            return value.clone();
        }
        self.told(|changes| get_through(changes.older, changes.base, &key))
            .flatten()
    }

    /// The entries from one key (inclusive) to another (exclusive).
    pub fn range(&mut self, from: &[u8], to: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let (from, to) = (self.key(from), self.key(to));
        let found = self.told(|changes| {
            let mut layers: Vec<&Layer> = vec![changes.layer];
            layers.extend(changes.older);
            range_through(&layers, changes.base, &from, &to)
        });
        without_prefix(found.unwrap_or_default())
    }

    /// Sets a key's value.
    pub fn put(&mut self, key: &[u8], value: impl Into<Vec<u8>>) {
        self.layer.entries.insert(self.key(key), Some(value.into()));
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &[u8]) {
        self.layer.entries.insert(self.key(key), None);
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        [&self.prefix, key].concat()
    }

    fn told<T>(&mut self, read: impl FnOnce(&Self) -> Result<T, IndexError>) -> Option<T> {
        match read(self) {
            Ok(found) => Some(found),
            Err(error) => {
                self.fault.get_or_insert(error);
                None
            }
        }
    }
}

/// Folds an event into all models of its stream. `older` holds the layers below `layer`, newest first.
pub(crate) fn fold(
    stream: &StreamDefinition,
    event: &RecordedEvent,
    older: &[&Layer],
    base: &dyn Read,
    layer: &mut Layer,
) -> Result<(), IndexError> {
    for (number, model) in (0_u8..).zip(stream.models) {
        let mut changes = Changes {
            prefix: model_prefix(number),
            older,
            base,
            layer,
            fault: None,
        };
        let folded = model.fold(event, &mut changes);
        if let Some(fault) = changes.fault {
            return Err(fault);
        }
        folded.map_err(|reason| {
            let (name, place, kind) = (model.name(), event.place(), &event.event_type);
            IndexError(format!("model {name} cannot fold event {place} ({kind}): {reason}"))
        })?;
    }
    Ok(())
}

/// Removes the model's prefix from keys.
pub(crate) fn without_prefix(entries: BTreeMap<Vec<u8>, Vec<u8>>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    entries
        .into_iter()
        .map(|(mut key, value)| (key.split_off(2.min(key.len())), value))
        .collect()
}
