//! Ids for future patients with their encryption keys. One commit creates many keys in advance, so that no registration
//! waits for one.
//!
//! The supply follows the traffic: it doubles, within a limit, each time it runs out between two commits. Keys left
//! unused at the end of a process remain as unused entries in the stream of keys.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use journal::Journal;
use platform::ambient::new_id;
use uuid::Uuid;

const FEWEST: usize = 8;
const MOST: usize = 256;

/// The supply of ids. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PatientIds {
    journal: Journal,
    ready: Arc<Mutex<Ready>>,
}

/// A new id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatientId {
    pub(crate) id: Uuid,
    /// Whether its key exists.
    has_key: bool,
}

#[derive(Debug)]
struct Ready {
    ids: VecDeque<Uuid>,
    /// The target size of the supply.
    wanted: usize,
    ran_out: bool,
    are_made: bool,
}

impl Ready {
    /// The number of ids to create now.
    fn missing(&mut self) -> usize {
        if self.are_made || self.ids.len() > self.wanted / 2 {
            return 0;
        }
        if mem::take(&mut self.ran_out) {
            self.wanted = (self.wanted * 2).min(MOST);
        }
        self.wanted - self.ids.len()
    }
}

impl PatientIds {
    pub(crate) fn new(journal: Journal) -> Self {
        let ready = Ready {
            ids: VecDeque::new(),
            wanted: FEWEST / 2,
            ran_out: false,
            are_made: false,
        };
        Self {
            journal,
            ready: Arc::new(Mutex::new(ready)),
        }
    }

    /// A new id. If the supply is empty, its key does not exist yet and is created with the first event.
    pub(crate) fn take(&self) -> PatientId {
        let (id, missing) = {
            let mut ready = self.lock();
            let id = ready.ids.pop_front();
            ready.ran_out |= id.is_none();
            let missing = ready.missing();
            ready.are_made |= missing > 0;
            (id, missing)
        };
        if missing > 0 {
            tokio::spawn(self.clone().make(missing));
        }
        PatientId {
            id: id.unwrap_or_else(new_id),
            has_key: id.is_some(),
        }
    }

    /// Returns an id to the supply after a registration that stored nothing. An id without a key is dropped.
    pub(crate) fn give_back(&self, PatientId { id, has_key }: PatientId) {
        let mut ready = self.lock();
        if has_key && ready.ids.len() < MOST {
            ready.ids.push_back(id);
        }
    }

    async fn make(self, many: usize) {
        let ids: Vec<Uuid> = (0..many).map(|_| new_id()).collect();
        let people: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let made = self.journal.make_keys(&people).await;
        let mut ready = self.lock();
        ready.are_made = false;
        match made {
            Ok(()) => ready.ids.extend(ids),
            // Registrations then create their keys themselves and report the error.
            Err(error) => tracing::debug!(%error, "keys could not be created in advance"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
