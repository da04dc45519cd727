//! Layers of entries: decisions that are not stored yet lie over the folded entries.

use std::{any::Any, collections::BTreeMap, collections::HashMap, ops::Bound, sync::Arc};

use super::IndexError;
use crate::{AggregateId, load::era::Era};

/// A key and its value.
pub(crate) type Entry = (Vec<u8>, Vec<u8>);

/// Changed entries. `None` marks a removed key.
pub(crate) type Entries = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The changes of decisions that are not stored yet.
#[derive(Default)]
pub(crate) struct Layer {
    pub(crate) entries: Entries,
    /// The new states of aggregates.
    pub(crate) states: HashMap<AggregateId, DecidedState>,
}

/// The state of an aggregate after a decision.
pub(crate) struct DecidedState {
    pub(crate) state: Arc<dyn Any + Send + Sync>,
    /// The aggregate's version in this state.
    pub(crate) version: u64,
    /// The era in which the underlying state was opened.
    pub(crate) era: Era,
}

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer")
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl Layer {
    /// Adds the changes of a later decision.
    pub(crate) fn extend(&mut self, newer: Self) {
        self.entries.extend(newer.entries);
        self.states.extend(newer.states);
    }
}

/// Read access to entries.
pub(crate) trait Read {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError>;
    /// The entries from one key (inclusive) to another (exclusive).
    fn range(&self, from: &[u8], to: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, IndexError>;
    /// The last entry of such a range. It is reliable only for entries that are never removed.
    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, IndexError>;
}

/// Reads an entry through layers, newest first.
pub(crate) fn get_through(layers: &[&Layer], base: &dyn Read, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
    match layers.iter().find_map(|layer| layer.entries.get(key)) {
        Some(value) => Ok(value.clone()),
        None => base.get(key),
    }
}

/// Reads a range through layers, newest first.
pub(crate) fn range_through(
    layers: &[&Layer],
    base: &dyn Read,
    from: &[u8],
    to: &[u8],
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, IndexError> {
    let mut found = base.range(from, to)?;
    for layer in layers.iter().rev() {
        overlay(&mut found, &layer.entries, from, to);
    }
    Ok(found)
}

/// Reads the last entry of a range through layers, newest first.
pub(crate) fn last_through(
    layers: &[&Layer],
    base: &dyn Read,
    from: &[u8],
    to: &[u8],
) -> Result<Option<Entry>, IndexError> {
    let bounds = (Bound::Included(from), Bound::Excluded(to));
    for layer in layers {
        if let Some((key, Some(value))) = layer.entries.range::<[u8], _>(bounds).next_back() {
            return Ok(Some((key.clone(), value.clone())));
        }
    }
    base.last(from, to)
}

/// Applies newer entries of a range to older ones.
pub(super) fn overlay(found: &mut BTreeMap<Vec<u8>, Vec<u8>>, newer: &Entries, from: &[u8], to: &[u8]) {
    for (key, value) in newer.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to))) {
        match value {
            Some(value) => drop(found.insert(key.clone(), value.clone())),
            None => drop(found.remove(key)),
        }
    }
}
