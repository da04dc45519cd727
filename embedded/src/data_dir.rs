//! The data directory and its lock, which makes one process the owner.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::files;

/// A data directory that this process owns while this value lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Holds the lock. The operating system releases it when the process ends, in any way.
    _lock: File,
}

impl DataDir {
    /// Creates the directory if it is missing, and becomes its owner.
    pub(crate) async fn open(path: &Path) -> Result<Self, Error> {
        create(path)?;
        let path = path
            .canonicalize()
            .map_err(Error::io(format!("resolve {}", path.display())))?;
        let mut lock = acquire(&path).await?;
        let write_pid = |lock: &mut File| {
            lock.set_len(0)?;
            lock.seek(SeekFrom::Start(0))?;
            writeln!(lock, "{}", std::process::id())
        };
        write_pid(&mut lock).map_err(Error::io(format!("write {}", lock_path(&path).display())))?;
        Ok(Self { path, _lock: lock })
    }

    /// The directory, absolute and without symbolic links. The servers' command lines contain it, so that a leftover
    /// server of an earlier run can be recognized.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The process that owns a data directory, if there is one. The inner `None` means that it has not written its id
/// yet.
pub(crate) fn owner(data_dir: &Path) -> Result<Option<Option<i32>>, Error> {
    let path = lock_path(data_dir);
    let failed = |error| Error::io(format!("look at the lock {}", path.display()))(error);
    let lock = match File::open(&path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read_pid(lock))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Creates the directory. If this process is root, Postgres runs as another user, which must be able to pass through
/// this directory. Each file in it is private.
fn create(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let mode = if rustix::process::geteuid().is_root() {
        0o711
    } else {
        0o700
    };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(Error::io(format!("create {}", path.display())))
}

/// Takes the lock. A process that only checks for an owner holds the lock for a moment, so one refusal proves
/// nothing.
async fn acquire(data_dir: &Path) -> Result<File, Error> {
    const ATTEMPTS: u32 = 20;
    let path = lock_path(data_dir);
    let lock = files::open_lock(&path).map_err(Error::io(format!("open {}", path.display())))?;
    for _ in 0..ATTEMPTS {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(TryLockError::Error(error)) => return Err(Error::io(format!("lock {}", path.display()))(error)),
        }
    }
    Err(Error::InUse {
        data_dir: data_dir.to_owned(),
        pid: read_pid(lock),
    })
}

fn read_pid(mut lock: File) -> Option<i32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn lock_path(data_dir: &Path) -> PathBuf {
    data_dir.join("lock")
}
