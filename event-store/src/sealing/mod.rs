//! Sealing: the personal fields of an event are encrypted before it is published, under the key of the data subject.
//! Destroying that key erases the fields everywhere and for ever. The events stay, with dense versions and an
//! unbroken hash chain, because the chain covers the sealed form.
//!
//! A data key encrypts fields, each bound to its event's id and its place in the body. The keyring keeps the data
//! keys in a separate stream, each wrapped by a [`MasterKey`], which may live in a key management service.

mod attempts;
mod body;
mod data_key;
mod error;
mod kept;
mod keyring;
mod keys_stream;
mod master_key;
mod rewrap;
mod store;

use std::sync::Arc;

pub use error::KeyError;
pub use kept::{KeptKey, KeyRestored};
pub(crate) use keyring::Keyring;
pub use master_key::{LocalMasterKey, MasterKey, MasterKeyError, MasterKeys, WrappedKey};
pub use rewrap::{KeyCensus, Rewrapped};

use crate::Sealed;

pub(crate) use body::seal;
pub(crate) use data_key::DataKey;

/// The personal part of an event's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalData {
    /// The data subject: an opaque id of 1 to 128 letters, digits, `-` and `_`.
    pub data_subject: String,
    /// JSON pointers to the personal fields. A field that is missing or null is skipped.
    pub fields: &'static [&'static str],
}

/// How the store seals personal data.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The keys that wrap the data keys.
    pub master_keys: MasterKeys,
    /// The maximum number of data keys in memory.
    pub cached_keys: usize,
}

/// A person's key.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// The key is usable.
    Known(Arc<data_key::DataKey>),
    /// The key has been destroyed.
    Destroyed,
}

impl Keyring {
    /// Opens the stream of keys and starts the keyring. `forget` is called whenever a key may have been destroyed.
    pub(crate) async fn open(
        sealing: &Sealing,
        wire: &crate::jetstream::wire::Wire,
        context: &async_nats::jetstream::Context,
        options: &crate::Options,
        connections: tokio::sync::watch::Receiver<u64>,
        forget: impl Fn() + Send + 'static,
    ) -> Result<Self, crate::StreamError> {
        let stream = keys_stream::KeysStream::open(wire.clone(), context.clone(), options).await?;
        Self::start(stream, sealing, connections, forget).await
    }
}

impl Sealed {
    /// The associated data of a field's encryption, so that a sealed value cannot be moved.
    fn binding(event_id: uuid::Uuid, field: &str) -> Vec<u8> {
        let mut binding = event_id.as_bytes().to_vec();
        binding.extend_from_slice(field.as_bytes());
        binding
    }
}
