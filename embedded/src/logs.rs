//! The servers' log files: bounded in size, and quoted in error messages.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const ROTATE_AT_BYTES: u64 = 16 * 1024 * 1024;
const QUOTED_BYTES: u64 = 8 * 1024;
const QUOTED_LINES: usize = 12;

/// Opens a log for appending. A large log is first renamed, which replaces the previously renamed one.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if path.metadata().is_ok_and(|metadata| metadata.len() > ROTATE_AT_BYTES) {
        std::fs::rename(path, path.with_extension("log.old"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// The last lines of a log, indented, for an error message.
pub(crate) fn tail(path: &Path) -> String {
    let Ok(text) = last_bytes(path) else {
        return format!("  (no log at {})", path.display());
    };
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let quoted = &lines[lines.len().saturating_sub(QUOTED_LINES)..];
    quoted
        .iter()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn last_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(QUOTED_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(QUOTED_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
