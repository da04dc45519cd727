//! Compiles the published files of each event into the crate: samples, JSON Schemas and checksums. This script only
//! collects existing files. The tests report missing ones.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

const FOLDERS: &[&str] = &["json", "samples", "samples/expected"];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script its folders in the environment"
)]
fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut table = String::from("&[\n");
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed=../{folder}");
        for file in files(&root.join(folder))? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let path = format!("{folder}/{name}");
            let _ = writeln!(table, "    ({path:?}, include_str!({:?})),", file);
        }
    }
    table.push(']');
    fs::write(out.join("published.rs"), table)
}

/// The files of a folder in order. A missing folder counts as empty.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
