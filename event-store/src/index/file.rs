//! The index's file: an embedded database that can be lost at any time, because its content is folded from the log.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use redb::{
    Database, DatabaseError, Durability, ReadOnlyTable, ReadableDatabase as _, StorageError, TableDefinition,
    backends::FileBackend,
};

use super::{Entries, Entry, IndexError};
use crate::CommitHash;

const ENTRIES: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("entries");
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");
const STANDING: &str = "standing";
const MADE_BY: &str = "made-by";
/// The size of the file's cache in memory.
const CACHE_BYTES: usize = 64 << 20;

/// The last commit that has been folded into an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) position: u64,
    pub(crate) hash: CommitHash,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            position: 0,
            hash: CommitHash::GENESIS,
        }
    }
}

type Table = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// An open index file.
pub(crate) struct IndexFile {
    /// The entries as of the last write. Opening the table takes longer than reading an entry.
    entries: RwLock<Arc<Table>>,
    database: Database,
    /// The format and the models that folded the entries. If they differ, the index is rebuilt.
    made_by: String,
}

impl IndexFile {
    /// Opens the file, or creates it if it does not exist. A file that is damaged or was made by other models is
    /// rebuilt. If another process uses the file, a temporary one takes its place.
    pub(crate) fn open(path: Option<&Path>, made_by: &str) -> Result<Self, IndexError> {
        let Some(path) = path else {
            return Self::new(temporary()?, made_by);
        };
        let told = |error: &dyn std::fmt::Display| IndexError(format!("{}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| told(&error))?;
        }
        let reason = match open_whole(path) {
            Ok(database) => match Self::new(database, made_by) {
                Ok(file) => return Ok(file),
                Err(error) => error.to_string(),
            },
            Err(DatabaseError::DatabaseAlreadyOpen) => {
                tracing::info!(path = %path.display(), "another process uses the index; building a temporary one");
                return Self::new(temporary()?, made_by);
            }
            Err(DatabaseError::Storage(StorageError::Io(error)))
                if !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
            {
                return Err(told(&error));
            }
            Err(error) => error.to_string(),
        };
        tracing::warn!(path = %path.display(), reason, "the index is damaged and is rebuilt");
        fs::remove_file(path).map_err(|error| told(&error))?;
        Self::new(open_whole(path).map_err(|error| told(&error))?, made_by)
    }

    fn new(database: Database, made_by: &str) -> Result<Self, IndexError> {
        let entries = match open_entries(&database)? {
            Some(entries) => entries,
            None => create_entries(&database)?,
        };
        let file = Self {
            entries: RwLock::new(Arc::new(entries)),
            database,
            made_by: made_by.to_owned(),
        };
        if file.meta(MADE_BY)?.is_none_or(|known| known != file.made_by.as_bytes()) {
            file.clear()?;
        }
        file.standing()?;
        Ok(file)
    }

    pub(super) fn standing(&self) -> Result<Standing, IndexError> {
        let Some(text) = self.meta(STANDING)? else {
            return Ok(Standing::default());
        };
        let text = String::from_utf8(text).ok();
        let standing = text.as_deref().and_then(|text| {
            let (position, hash) = text.split_once(' ')?;
            Some(Standing {
                position: position.parse().ok()?,
                hash: CommitHash::from_hex(hash)?,
            })
        });
        standing.ok_or_else(|| IndexError("its standing cannot be read".to_owned()))
    }

    /// Writes entries and the standing that they lead to, atomically.
    pub(super) fn write(&self, entries: &Entries, standing: Standing) -> Result<(), IndexError> {
        let fault = |error: &dyn std::fmt::Display| IndexError::of(error);
        let mut transaction = self.database.begin_write().map_err(|error| fault(&error))?;
        transaction
            .set_durability(Durability::Immediate)
            .map_err(|error| fault(&error))?;
        // The file then opens without a repair after its process was killed.
        transaction.set_quick_repair(true);
        {
            let mut table = transaction.open_table(ENTRIES).map_err(|error| fault(&error))?;
            for (key, value) in entries {
                match value {
                    Some(value) => table.insert(key.as_slice(), value.as_slice()).map(drop),
                    None => table.remove(key.as_slice()).map(drop),
                }
                .map_err(|error| fault(&error))?;
            }
            let mut meta = transaction.open_table(META).map_err(|error| fault(&error))?;
            let text = format!("{} {}", standing.position, standing.hash);
            meta.insert(STANDING, text.as_bytes()).map_err(|error| fault(&error))?;
            meta.insert(MADE_BY, self.made_by.as_bytes())
                .map_err(|error| fault(&error))?;
        }
        transaction.commit().map_err(|error| fault(&error))?;
        let entries = open_entries(&self.database)?.ok_or_else(|| IndexError("its entries are gone".to_owned()))?;
        *self.entries.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(entries);
        Ok(())
    }

    pub(super) fn clear(&self) -> Result<(), IndexError> {
        let fault = |error: &dyn std::fmt::Display| IndexError::of(error);
        let transaction = self.database.begin_write().map_err(|error| fault(&error))?;
        transaction.delete_table(ENTRIES).map_err(|error| fault(&error))?;
        transaction.delete_table(META).map_err(|error| fault(&error))?;
        transaction.commit().map_err(|error| fault(&error))?;
        self.write(&Entries::new(), Standing::default())
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let value = self.entries().get(key).map_err(|error| IndexError::of(&error))?;
        Ok(value.map(|value| value.value().to_vec()))
    }

    pub(super) fn range(&self, from: &[u8], to: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, IndexError> {
        let fault = |error: &dyn std::fmt::Display| IndexError::of(error);
        let mut found = BTreeMap::new();
        for entry in self.entries().range(from..to).map_err(|error| fault(&error))? {
            let (key, value) = entry.map_err(|error| fault(&error))?;
            found.insert(key.value().to_vec(), value.value().to_vec());
        }
        Ok(found)
    }

    pub(super) fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, IndexError> {
        let fault = |error: &dyn std::fmt::Display| IndexError::of(error);
        let mut range = self.entries().range(from..to).map_err(|error| fault(&error))?;
        let last = range.next_back().transpose().map_err(|error| fault(&error))?;
        Ok(last.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())))
    }

    fn entries(&self) -> Arc<Table> {
        Arc::clone(&self.entries.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, IndexError> {
        let fault = |error: &dyn std::fmt::Display| IndexError::of(error);
        let transaction = self.database.begin_read().map_err(|error| fault(&error))?;
        let table = match transaction.open_table(META) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(fault(&error)),
        };
        let value = table.get(key).map_err(|error| fault(&error))?;
        Ok(value.map(|value| value.value().to_vec()))
    }
}

impl fmt::Debug for IndexFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexFile")
            .field("made_by", &self.made_by)
            .finish_non_exhaustive()
    }
}

/// The entries, if anything has been written yet.
fn open_entries(database: &Database) -> Result<Option<Table>, IndexError> {
    let transaction = database.begin_read().map_err(|error| IndexError::of(&error))?;
    match transaction.open_table(ENTRIES) {
        Ok(entries) => Ok(Some(entries)),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(IndexError::of(&error)),
    }
}

fn create_entries(database: &Database) -> Result<Table, IndexError> {
    let fault = |error: &dyn std::fmt::Display| IndexError::of(error);
    let transaction = database.begin_write().map_err(|error| fault(&error))?;
    drop(transaction.open_table(ENTRIES).map_err(|error| fault(&error))?);
    transaction.commit().map_err(|error| fault(&error))?;
    open_entries(database)?.ok_or_else(|| IndexError("it cannot be created".to_owned()))
}

/// Opens a file and checks every page, because something else may have changed it.
fn open_whole(path: &Path) -> Result<Database, DatabaseError> {
    let mut builder = redb::Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
    // A panic on a damaged file must not keep the store from opening.
    match catch_unwind(AssertUnwindSafe(|| builder.create(path))) {
        Ok(opened) => opened,
        Err(_) => {
            let reason = "the file cannot be read".to_owned();
            Err(DatabaseError::Storage(StorageError::Corrupted(reason)))
        }
    }
}

fn temporary() -> Result<Database, IndexError> {
    let file = tempfile::tempfile().map_err(|error| IndexError::of(&error))?;
    let backend = FileBackend::new(file).map_err(|error| IndexError::of(&error))?;
    redb::Builder::new()
        .set_cache_size(CACHE_BYTES)
        .create_with_backend(backend)
        .map_err(|error| IndexError::of(&error))
}
