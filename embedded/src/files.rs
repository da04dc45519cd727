//! Small file operations with guarantees: private modes and atomic replacement.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::Error;
use crate::run_as::RunAs;

/// Replaces a private file atomically: readers see either the old or the new content.
pub(crate) fn write_private(path: &Path, content: &str, owner: Option<&RunAs>) -> Result<(), Error> {
    let mut partial_name = path.as_os_str().to_owned();
    partial_name.push(".partial");
    let partial = Path::new(&partial_name);
    let write = || {
        remove_if_present(partial)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(partial)?;
        file.write_all(content.as_bytes())?;
        give(partial, owner)?;
        file.sync_all()?;
        fs::rename(partial, path)
    };
    write().map_err(Error::io(format!("write {}", path.display())))
}

/// Creates a directory that only its owner can enter.
pub(crate) fn create_private_dir(path: &Path, owner: Option<&RunAs>) -> Result<(), Error> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .and_then(|()| give(path, owner))
        .map_err(Error::io(format!("create {}", path.display())))
}

/// Copies a directory tree of plain files, with modes.
pub(crate) fn copy_tree(from: &Path, to: &Path, owner: Option<&RunAs>) -> io::Result<()> {
    let mode = from.metadata()?.permissions().mode();
    DirBuilder::new().mode(mode).create(to)?;
    give(to, owner)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target, owner)?;
        } else {
            fs::copy(entry.path(), &target)?;
            give(&target, owner)?;
        }
    }
    Ok(())
}

/// Makes a tree readable for every user, including its directories and programs.
pub(crate) fn make_readable(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    let executable = if metadata.is_dir() || mode & 0o100 != 0 {
        0o111
    } else {
        0
    };
    fs::set_permissions(path, PermissionsExt::from_mode(mode | 0o444 | executable))?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            make_readable(&entry?.path())?;
        }
    }
    Ok(())
}

/// Removes a file, if it exists.
pub(crate) fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Opens a lock file without changing its content.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path)
}

fn give(path: &Path, owner: Option<&RunAs>) -> io::Result<()> {
    match owner {
        Some(owner) => std::os::unix::fs::chown(path, Some(owner.uid), Some(owner.gid)),
        None => Ok(()),
    }
}
