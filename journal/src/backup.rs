//! Backup and restore of the log: stream ends, keys and restorations. It writes no file.

use event_store::{KeptKey, KeyError, KeyRestored, Restoration, StreamError};

use crate::{Context, Journal};

impl Journal {
    /// The last position of each context's stream. Contexts that depend on others are asked first, so that everything
    /// that an event before one of these ends depends on also lies before the end of its own stream.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn ends(&self) -> Result<Vec<(Context, u64)>, StreamError> {
        let mut ends = Vec::with_capacity(Context::ALL.len());
        for context in Context::ALL.into_iter().rev() {
            ends.push((context, self.status(context).await?.last_position));
        }
        ends.reverse();
        Ok(ends)
    }

    /// The next stored key after a sequence, with its sequence. 0 starts at the first key.
    ///
    /// # Errors
    /// The keys cannot be reached, or one is damaged.
    pub async fn next_kept_key(&self, after: u64) -> Result<Option<(u64, KeptKey)>, KeyError> {
        self.store().next_kept_key(after).await
    }

    /// Restores keys from a backup. A key that has been destroyed here stays destroyed.
    ///
    /// # Errors
    /// A master key is missing, a person already has a different key, or the keys cannot be reached. Some keys may
    /// have been stored: repeat the call.
    pub async fn restore_keys(&self, keys: &[KeptKey]) -> Result<Vec<KeyRestored>, KeyError> {
        self.store().restore_keys(keys).await
    }

    /// Starts to restore a context's stream. Commits that the stream already holds are compared with the restored
    /// ones.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn restore(&self, context: Context) -> Result<Restoration, StreamError> {
        self.store().restore(context.definition()).await
    }
}
