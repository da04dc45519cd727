//! What a backup of the log needs beyond its events, and what brings it back. It writes no file.

use event_store::{KeptKey, KeyError, KeyRestored, Restoration, StreamError};

use crate::{Context, Journal};

impl Journal {
    /// Where each context's stream ends. Those that build on others are asked first: whatever an event before one of these
    /// ends builds on lies before the end of its own stream, too.
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

    /// The next key after a place among all, as it is kept, and its place. Place 0 is before the first.
    ///
    /// # Errors
    /// The keys cannot be reached, or one is damaged.
    pub async fn next_kept_key(&self, after: u64) -> Result<Option<(u64, KeptKey)>, KeyError> {
        self.store().next_kept_key(after).await
    }

    /// Stores keys of a backup. A key that has been destroyed here stays so.
    ///
    /// # Errors
    /// A master key is missing, somebody has another key already, or the keys cannot be reached. Some may have been
    /// stored: do it again.
    pub async fn restore_keys(&self, keys: &[KeptKey]) -> Result<Vec<KeyRestored>, KeyError> {
        self.store().restore_keys(keys).await
    }

    /// Begins to restore a context's stream. What it holds already is compared with what is restored.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn restore(&self, context: Context) -> Result<Restoration, StreamError> {
        self.store().restore(context.definition()).await
    }
}
