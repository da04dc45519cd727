//! Master keys, which wrap data keys. The trait has the form of a key management service, so that one can implement
//! it. The implementation here holds its key in memory.

use std::{fmt, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::{BoxFuture, FutureExt as _, ready};

use super::{
    KeyError,
    data_key::{DataKey, KEY_LEN, generate},
};

/// A master key cannot wrap or unwrap.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// The service that holds the key does not answer. The error is temporary.
    #[error("the master key cannot be reached: {0}")]
    Unavailable(String),
    /// The data was not wrapped by this key for this context, or has been changed.
    #[error("the wrapped key does not belong to this master key")]
    Foreign,
    /// The key itself is unusable.
    #[error("{0}")]
    Unusable(String),
}

/// Wraps and unwraps data keys. The master key itself never leaves the implementation.
pub trait MasterKey: fmt::Debug + Send + Sync + 'static {
    /// The key's name. It is stored beside each wrapped key and is not secret.
    fn id(&self) -> &str;

    /// Wraps a data key for a context. Unwrapping needs the same context.
    fn wrap<'a>(&'a self, context: &'a [u8], key: &'a [u8; KEY_LEN]) -> BoxFuture<'a, Result<Vec<u8>, MasterKeyError>>;

    /// Unwraps a data key.
    fn unwrap<'a>(
        &'a self,
        context: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<[u8; KEY_LEN], MasterKeyError>>;
}

/// A master key that is held in memory.
#[derive(Debug)]
pub struct LocalMasterKey {
    id: String,
    key: DataKey,
}

impl LocalMasterKey {
    /// Generates a new key as text: 64 hexadecimal digits.
    ///
    /// # Errors
    /// The machine provides no random numbers.
    pub fn generate() -> Result<String, MasterKeyError> {
        let bytes = generate().map_err(|_| MasterKeyError::Unusable("no random numbers are available".to_owned()))?;
        Ok(hex::encode(bytes))
    }

    /// Parses a key of 64 hexadecimal digits.
    ///
    /// # Errors
    /// The text is something else.
    pub fn from_hex(text: &str) -> Result<Self, MasterKeyError> {
        let unusable = || MasterKeyError::Unusable("a master key is 64 hexadecimal digits".to_owned());
        let mut bytes = [0; KEY_LEN];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| unusable())?;
        // The hash of a random key identifies it and reveals nothing about it.
        let digest = digest(&SHA256, &bytes);
        let id = hex::encode(&digest.as_ref()[..8]);
        let key = DataKey::new(&bytes).map_err(|_| unusable())?;
        Ok(Self { id, key })
    }
}

impl MasterKey for LocalMasterKey {
    fn id(&self) -> &str {
        &self.id
    }

    fn wrap<'a>(&'a self, context: &'a [u8], key: &'a [u8; KEY_LEN]) -> BoxFuture<'a, Result<Vec<u8>, MasterKeyError>> {
        let wrapped = self
            .key
            .encrypt(context, key)
            .map_err(|_| MasterKeyError::Unusable("the master key does not encrypt".to_owned()));
        ready(wrapped).boxed()
    }

    fn unwrap<'a>(
        &'a self,
        context: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<[u8; KEY_LEN], MasterKeyError>> {
        let unwrapped = self.key.decrypt(context, wrapped).map_err(|_| MasterKeyError::Foreign);
        ready(unwrapped.and_then(|bytes| bytes.try_into().map_err(|_| MasterKeyError::Foreign))).boxed()
    }
}

/// A key as it is stored: wrapped by a master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The name of the master key.
    pub master_key: String,
    /// The wrapped key.
    pub bytes: Vec<u8>,
}

/// The master keys in use: the current one wraps, and the previous ones still unwrap until all keys have been
/// re-wrapped.
#[derive(Clone, Debug)]
pub struct MasterKeys {
    current: Arc<dyn MasterKey>,
    previous: Vec<Arc<dyn MasterKey>>,
}

impl MasterKeys {
    /// Combines the current key with the previous ones.
    #[must_use]
    pub fn new(current: Arc<dyn MasterKey>, previous: Vec<Arc<dyn MasterKey>>) -> Self {
        Self { current, previous }
    }

    /// The name of the current master key.
    #[must_use]
    pub fn current_id(&self) -> &str {
        self.current.id()
    }

    /// Wraps a key under the current master key, for a context.
    ///
    /// # Errors
    /// The master key cannot wrap.
    pub async fn wrap(&self, context: &[u8], key: &[u8; KEY_LEN]) -> Result<WrappedKey, KeyError> {
        Ok(WrappedKey {
            master_key: self.current_id().to_owned(),
            bytes: self.current.wrap(context, key).await?,
        })
    }

    /// Unwraps a key, for the same context.
    ///
    /// # Errors
    /// The master key was not given, or the key was not wrapped by it for this context.
    pub async fn unwrap(&self, context: &[u8], wrapped: &WrappedKey) -> Result<[u8; KEY_LEN], KeyError> {
        let master_key = &wrapped.master_key;
        let master = self
            .find(master_key)
            .ok_or_else(|| KeyError::UnknownMasterKey(master_key.clone()))?;
        Ok(master.unwrap(context, &wrapped.bytes).await?)
    }

    /// The key with this name, if it is in use.
    fn find(&self, id: &str) -> Option<&dyn MasterKey> {
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|key| key.id() == id)
            .map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(digit: char) -> LocalMasterKey {
        LocalMasterKey::from_hex(&digit.to_string().repeat(64)).expect("a key")
    }

    #[tokio::test]
    async fn only_the_key_that_wrapped_unwraps_and_only_for_the_same_context() {
        let (one, other) = (master('1'), master('2'));
        assert_ne!(one.id(), other.id());
        let wrapped = one.wrap(b"ada", &[7; KEY_LEN]).await.expect("wrapped");
        assert_eq!(one.unwrap(b"ada", &wrapped).await, Ok([7; KEY_LEN]));
        assert_eq!(one.unwrap(b"bob", &wrapped).await, Err(MasterKeyError::Foreign));
        assert_eq!(other.unwrap(b"ada", &wrapped).await, Err(MasterKeyError::Foreign));
    }

    #[test]
    fn a_key_that_is_not_one_is_refused() {
        for text in ["", "1234", &"+1".repeat(32), &"g".repeat(64), &"é".repeat(32)] {
            assert!(LocalMasterKey::from_hex(text).is_err(), "{text}");
        }
    }
}
