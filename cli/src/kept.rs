//! Files that only their owner can read: secrets that are generated once and stored in the data directory, if the settings contain none.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// Reads a secret from a file, or generates it: a line of 64 hexadecimal digits. The file may contain further lines.
pub(crate) fn kept(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) if text.lines().next().is_some_and(is_secret) => return Ok(text),
        Ok(_) => {
            return Err(io::Error::other(format!(
                "{} is damaged: its first line must be 64 hexadecimal digits",
                path.display()
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let secret = journal::generate_key().map_err(io::Error::other)?;
    // Data sealed with a truncated secret would be lost.
    write_private(path, secret.as_bytes())?;
    Ok(secret)
}

/// Writes a file that only its owner can read. It appears complete or not at all.
pub(crate) fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&partial, path)
}

fn is_secret(line: &str) -> bool {
    line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        let first = kept(&path).expect("made");
        assert!(is_secret(&first));
        assert_eq!(kept(&path).expect("kept"), first);
        fs::write(&path, "").expect("written");
        assert!(kept(&path).is_err(), "an empty secret is no secret");
    }
}
