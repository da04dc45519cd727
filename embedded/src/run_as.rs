//! The other user that Postgres runs as when this process is root, because Postgres refuses to be root.
//! The only privilege it is ever left with is passing through directories that user cannot enter.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A user to become after forking and before executing the server.
#[derive(Debug, Clone)]
pub(crate) struct RunAs {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    #[cfg(target_os = "linux")]
    capability: Option<rustix::thread::CapabilitySet>,
}

/// What `nobody` is on every system this runs on. Without a user database initdb refuses, but a cluster can be run.
const NOBODY: (u32, u32) = (65534, 65534);

impl RunAs {
    /// The user to run Postgres as: none when this process is not root, else the owner of the existing cluster, else
    /// `postgres`, else `nobody`.
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

    /// Makes sure that the user can reach these paths, by a capability if need be.
    #[cfg(target_os = "linux")]
    pub(crate) fn reaching(mut self, paths: &[&Path]) -> Self {
        use rustix::thread::CapabilitySet;
        if paths.iter().all(|path| self.can_reach(path)) {
            return self;
        }
        let permitted =
            rustix::thread::capabilities(None).map_or(CapabilitySet::empty(), |capabilities| capabilities.permitted);
        // The first lets a process pass through any directory; containers often have the second, stronger one instead.
        self.capability = [CapabilitySet::DAC_READ_SEARCH, CapabilitySet::DAC_OVERRIDE]
            .into_iter()
            .find(|capability| permitted.contains(*capability));
        self
    }

    /// Makes sure that the user can reach these paths. Outside Linux nothing can be done about directories that the
    /// user cannot enter; Postgres says so in its log.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn reaching(self, _paths: &[&Path]) -> Self {
        self
    }

    /// Whether the permission bits let the user through every directory above a path.
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

    /// Turns the calling process into this user. Runs between fork and exec: nothing here may allocate or lock.
    #[cfg(target_os = "linux")]
    pub(crate) fn become_user(&self) -> io::Result<()> {
        use rustix::thread;
        let (uid, gid) = (rustix::fs::Uid::from_raw(self.uid), rustix::fs::Gid::from_raw(self.gid));
        if self.capability.is_some() {
            thread::set_keep_capabilities(true)?;
            // Postgres asks access(2) about its own binaries, which disregards the capabilities of any user but root
            // unless this bit is set. Some containers do not allow that; they have to keep the binaries reachable.
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

    /// Makes a command run as this user. Linux does it in [`RunAs::become_user`] instead, to keep the capability.
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

/// Reads user and group id of a user out of `/etc/passwd`.
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
