//! Sealing: the personal fields of an event are encrypted before it is published, under a key that belongs to the person
//! they are about. Destroying that key makes them read as erased, everywhere and for ever, while the events stay: their
//! versions are dense and the hash chain, which runs over what was published, is whole.
//!
//! A data key encrypts fields, each bound to its event's id and its place in the body. The keyring keeps the data keys in
//! a stream of their own, each wrapped by a [`MasterKey`], which may live elsewhere: in a key management service.

mod body;
mod data_key;
mod kept;
mod keyring;
mod keys_stream;
mod master_key;
mod rewrap;
mod store;

use std::sync::Arc;

pub use kept::{KeptKey, KeyRestored};
pub use keyring::KeyError;
pub(crate) use keyring::Keyring;
pub use master_key::{LocalMasterKey, MasterKey, MasterKeyError, MasterKeys};
pub use rewrap::{KeyCensus, Rewrapped};

use crate::Sealed;

pub(crate) use body::seal;
pub(crate) use data_key::DataKey;

/// What makes an event's body personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalData {
    /// The person whose data it is: an opaque id, 1 to 128 letters, digits, `-` and `_`.
    pub data_subject: String,
    /// JSON pointers to the fields that are personal. A field that a body lacks, or that is null, is passed over.
    pub fields: &'static [&'static str],
}

/// How the store seals.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// What wraps the data keys.
    pub master_keys: MasterKeys,
    /// How many data keys are held in memory at most.
    pub cached_keys: usize,
}

/// A person's key.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// It can be used.
    Known(Arc<data_key::DataKey>),
    /// It has been destroyed.
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
    /// What a field's encryption is bound to, besides its key: so that a sealed value cannot be moved.
    fn binding(event_id: uuid::Uuid, field: &str) -> Vec<u8> {
        let mut binding = event_id.as_bytes().to_vec();
        binding.extend_from_slice(field.as_bytes());
        binding
    }
}
