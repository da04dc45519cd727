//! Describes the machine, as far as it explains the figures.

use std::{
    fmt, fs,
    io::{self, Write as _},
    path::Path,
    time::Instant,
};

use serde::Serialize;

use crate::statistics::median;

/// The number of synced writes to measure the time of a sync.
const SYNCS: usize = 200;
const SYNCED_BYTES: usize = 4_096;
/// No device syncs faster than this. A file system in memory pretends to.
const IMPLAUSIBLE_SYNC_MS: f64 = 0.01;

/// A description of a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Machine {
    /// The model of the processor.
    pub cpu: String,
    /// The number of processors that this process may use.
    pub cores: usize,
    /// The size of the memory, in gigabytes.
    pub memory_gb: f64,
    /// The kernel and its version.
    pub kernel: String,
    /// The version of the nats-server.
    pub nats_server: String,
    /// `release`, or `debug`, which makes the figures meaningless.
    pub build: &'static str,
    /// The median time to sync 4 KiB to disk, in milliseconds. Durable appends depend on it.
    pub sync_ms: f64,
}

impl Machine {
    /// Describes the machine, and the disk below a folder.
    ///
    /// # Errors
    /// The folder is not writable.
    pub fn describe(folder: &Path, nats_server: String) -> io::Result<Self> {
        let uname = rustix::system::uname();
        let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
        Ok(Self {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| text(uname.machine())),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gb: memory_gb().unwrap_or(0.0),
            kernel: format!("{} {}", text(uname.sysname()), text(uname.release())),
            nats_server,
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            sync_ms: sync_ms(folder)?,
        })
    }

    /// Whether a sync in the folder can be durable.
    #[must_use]
    pub fn syncs_plausibly(&self) -> bool {
        self.sync_ms >= IMPLAUSIBLE_SYNC_MS
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} cores, {} GB, {}; a sync takes {} ms; nats-server {}; {} build",
            self.cpu, self.cores, self.memory_gb, self.kernel, self.sync_ms, self.nats_server, self.build
        )
    }
}

/// The first value of a name in a Linux list of `name : value`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_owned())
}

fn memory_gb() -> Option<f64> {
    let kib: f64 = field("/proc/meminfo", "MemTotal")?.strip_suffix(" kB")?.parse().ok()?;
    Some((kib * 1_024.0 / 1e8).round() / 10.0)
}

fn sync_ms(folder: &Path) -> io::Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    let block = [7; SYNCED_BYTES];
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok((median(times).unwrap_or(0.0) * 1_000.0).round() / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_described() {
        let machine = Machine::describe(&std::env::temp_dir(), "2.99.0".to_owned()).expect("described");
        assert!(machine.cores > 0 && !machine.kernel.is_empty() && !machine.cpu.is_empty());
        let text = machine.to_string();
        assert!(
            text.contains("nats-server 2.99.0") && text.contains("debug build"),
            "{text}"
        );
    }
}
