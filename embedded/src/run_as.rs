//! The user that Postgres runs as when this process is root, because Postgres refuses to run as root. Its only
//! possible privilege is to pass through directories that the user cannot enter.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A user to change to between fork and exec of the server.
#[derive(Debug, Clone)]
pub(crate) struct RunAs {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    #[cfg(target_os = "linux")]
    capability: Option<rustix::thread::CapabilitySet>,
}

/// The ids of `nobody` on all supported systems. Without a user database initdb refuses to run, but an existing
/// cluster can run.
const NOBODY: (u32, u32) = (65534, 65534);

impl RunAs {
    /// The user for Postgres: `None` if this process is not root; otherwise the owner of the existing cluster,
    /// `postgres`, or `nobody`.
    pub(crate) fn choose(cluster: &Path) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let owner = fs::metadata(cluster)
            .ok()
            .map(|metadata| (metadata.uid(), metadata.gid()));
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid) = owner
            .filter(|(uid, _)| *uid != 0)
            .or_else(|| find_user(&users, "postgres"))
            .or_else(|| find_user(&users, "nobody"))
            .unwrap_or(NOBODY);
        Some(Self {
            uid,
            gid,
            #[cfg(target_os = "linux")]
            capability: None,
        })
    }

    /// Makes sure that the user can reach these paths, with a capability if necessary.
    #[cfg(target_os = "linux")]
    pub(crate) fn reaching(mut self, paths: &[&Path]) -> Self {
        use rustix::thread::CapabilitySet;
        if paths.iter().all(|path| self.can_reach(path)) {
            return self;
        }
        let permitted =
            rustix::thread::capabilities(None).map_or(CapabilitySet::empty(), |capabilities| capabilities.permitted);
        // The first lets a process pass through any directory. Containers often have the second, stronger one
        // instead.
        self.capability = [CapabilitySet::DAC_READ_SEARCH, CapabilitySet::DAC_OVERRIDE]
            .into_iter()
            .find(|capability| permitted.contains(*capability));
        self
    }

    /// Outside Linux, the user may be unable to enter a directory; Postgres then reports that in its log.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn reaching(self, _paths: &[&Path]) -> Self {
        self
    }

    /// Whether the permission bits let the user pass through every directory above a path.
    #[cfg(target_os = "linux")]
    fn can_reach(&self, path: &Path) -> bool {
        path.ancestors().skip(1).all(|directory| {
            fs::metadata(directory).is_ok_and(|metadata| {
                let search_bit = match metadata {
                    _ if metadata.uid() == self.uid => 0o100,
                    _ if metadata.gid() == self.gid => 0o010,
                    _ => 0o001,
                };
                metadata.mode() & search_bit != 0
            })
        })
    }

    /// Changes the calling process to this user. Runs between fork and exec: nothing here may allocate or lock.
    #[cfg(target_os = "linux")]
    pub(crate) fn become_user(&self) -> io::Result<()> {
        use rustix::thread;
        let (uid, gid) = (rustix::fs::Uid::from_raw(self.uid), rustix::fs::Gid::from_raw(self.gid));
        if self.capability.is_some() {
            thread::set_keep_capabilities(true)?;
            // Postgres checks its own binaries with access(2), which ignores the capabilities of other users than
            // root unless this bit is set. Some containers forbid that; they must keep the binaries reachable.
            let bits = thread::capabilities_secure_bits()? | thread::CapabilitiesSecureBits::NO_SETUID_FIXUP;
            let _ = thread::set_capabilities_secure_bits(bits);
        }
        thread::set_thread_groups(&[gid])?;
        thread::set_thread_res_gid(gid, gid, gid)?;
        thread::set_thread_res_uid(uid, uid, uid)?;
        if let Some(capability) = self.capability {
            let sets = thread::CapabilitySets {
                effective: capability,
                permitted: capability,
                inheritable: capability,
            };
            thread::set_capabilities(None, sets)?;
            thread::configure_capability_in_ambient_set(capability, true)?;
        }
        Ok(())
    }

    /// Makes a command run as this user. On Linux, [`RunAs::become_user`] does this instead, to keep the capability.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn apply(&self, command: &mut std::process::Command) {
        use std::os::unix::process::CommandExt;
        command.uid(self.uid).gid(self.gid);
    }

    /// See [`RunAs::apply`].
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn become_user(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Finds the ids of a user and its group in `/etc/passwd`.
fn find_user(users: &str, name: &str) -> Option<(u32, u32)> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let mut ids = fields.skip(1);
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(find_user(users, "postgres"), Some((101, 104)));
        assert_eq!(find_user(users, "nobody"), None);
    }
}
