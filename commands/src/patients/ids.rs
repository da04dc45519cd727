//! Ids for people who are yet to register, with the keys to their data made beforehand: many keys cost one commit, and
//! a registration does not wait for it.
//!
//! As many are kept ready as the traffic asks for. A quiet clinic has a few; one that has run out between two commits has
//! twice as many from then on, within a bound. What a process leaves unused when it ends are entries in the stream of keys
//! that nobody looks at.

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

/// Hands out ids. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PatientIds {
    journal: Journal,
    ready: Arc<Mutex<Ready>>,
}

/// An id that nobody has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatientId {
    pub(crate) id: Uuid,
    /// Whether there is a key for it.
    has_key: bool,
}

#[derive(Debug)]
struct Ready {
    ids: VecDeque<Uuid>,
    /// How many are to be kept.
    wanted: usize,
    ran_out: bool,
    are_made: bool,
}

impl Ready {
    /// How many are to be made now.
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

    /// An id that nobody has. Where none is ready it has no key yet, which is then made as for anybody.
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

    /// Takes an id back under which nothing was written, if there is a key for it.
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
            // Those who register have their keys made one by one, and are told what is wrong.
            Err(error) => tracing::debug!(%error, "keys could not be made beforehand"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
