//! The parts of the process environment that this crate depends on, as a value. No other code in the crate reads
//! environment variables.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where to look for programs, and where to cache fetched ones.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Directories searched for `nats-server`, `postgres` and `python3`, in the format of `PATH`.
    pub path: OsString,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The user's cache directory, if it is not `~/.cache`.
    pub xdg_cache_home: Option<PathBuf>,
    /// A cache directory that every user can read. It is preferred for root: Postgres then runs as another user,
    /// which cannot read root's home directory.
    pub system_cache: Option<PathBuf>,
    /// The directory in which Debian's packages install `<major>/bin/postgres`, outside `PATH`.
    pub postgres_root: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place where the process environment enters this crate"
    )]
    pub fn from_process() -> Self {
        let path_variable = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            home: path_variable("HOME"),
            xdg_cache_home: path_variable("XDG_CACHE_HOME"),
            system_cache: Some(PathBuf::from("/var/cache/anamnesis")),
            postgres_root: Some(PathBuf::from("/usr/lib/postgresql")),
        }
    }

    /// Every file with this name in the directories of `path`, in order.
    pub(crate) fn on_path(&self, program: &str) -> Vec<PathBuf> {
        std::env::split_paths(&self.path)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(program))
            .filter(|candidate| candidate.is_file())
            .collect()
    }

    /// The `bin` directories of Debian's Postgres packages, newest major version first.
    pub(crate) fn debian_postgres(&self) -> Vec<PathBuf> {
        let Some(entries) = self
            .postgres_root
            .as_deref()
            .and_then(|root| std::fs::read_dir(root).ok())
        else {
            return Vec::new();
        };
        let mut majors: Vec<(u32, PathBuf)> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .collect();
        majors.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
        majors.into_iter().map(|(_, bin)| bin).collect()
    }

    /// The cache directories to try, the preferred one first.
    pub(crate) fn caches(&self) -> Vec<PathBuf> {
        let system = self
            .system_cache
            .clone()
            .filter(|_| rustix::process::geteuid().is_root());
        let xdg = self.xdg_cache_home.as_deref().filter(|path| path.is_absolute());
        let user = match (xdg, self.home.as_deref()) {
            (Some(cache), _) => Some(cache.join("anamnesis")),
            (None, Some(home)) => Some(home.join(".cache/anamnesis")),
            (None, None) => None,
        };
        system.into_iter().chain(user).collect()
    }

    /// The first cache directory that exists or can be created, and is writable.
    pub(crate) fn writable_cache(&self) -> Option<PathBuf> {
        self.caches().into_iter().find(|cache| is_writable(cache))
    }
}

fn is_writable(directory: &Path) -> bool {
    std::fs::create_dir_all(directory).is_ok() && rustix::fs::access(directory, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_majors_are_ordered_as_numbers() {
        let root = tempfile::tempdir().unwrap();
        for major in ["9", "15", "17", "common"] {
            std::fs::create_dir(root.path().join(major)).unwrap();
        }
        let environment = Environment {
            postgres_root: Some(root.path().to_owned()),
            ..Environment::default()
        };
        let expected: Vec<PathBuf> = ["17", "15", "9"]
            .iter()
            .map(|major| root.path().join(major).join("bin"))
            .collect();
        assert_eq!(environment.debian_postgres(), expected);
    }

    #[test]
    fn xdg_cache_home_wins_over_home() {
        let environment = Environment {
            home: Some("/home/nurse".into()),
            xdg_cache_home: Some("/caches".into()),
            ..Environment::default()
        };
        assert_eq!(environment.caches(), [PathBuf::from("/caches/anamnesis")]);
        let environment = Environment {
            xdg_cache_home: None,
            ..environment
        };
        assert_eq!(environment.caches(), [PathBuf::from("/home/nurse/.cache/anamnesis")]);
        assert!(Environment::default().caches().is_empty());
    }
}
