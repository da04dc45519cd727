//! The resources that processes use, as Linux reports them. On other systems they are unknown.

use std::fs;

/// The ticks per second of processor times in `/proc`. Linux reports 100 on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processor time of a process and its running descendants, in seconds.
#[must_use]
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let mut ticks = stat(pid)?.ticks;
    let mut parents = vec![pid];
    let others: Vec<(u32, Stat)> = fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, stat(pid)?)))
        .collect();
    while let Some(parent) = parents.pop() {
        for (pid, stat) in others.iter().filter(|(_, stat)| stat.parent == parent) {
            ticks += stat.ticks;
            parents.push(*pid);
        }
    }
    Some(ticks as f64 / TICKS_PER_SECOND)
}

/// The peak memory of this process, in megabytes of 1,000,000 bytes.
#[must_use]
pub fn peak_memory_mb() -> Option<f64> {
    memory_mb(std::process::id(), "VmHWM:")
}

/// The current memory of a process, in megabytes of 1,000,000 bytes.
#[must_use]
pub fn resident_memory_mb(pid: u32) -> Option<f64> {
    memory_mb(pid, "VmRSS:")
}

struct Stat {
    parent: u32,
    /// User and kernel time, without children.
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in parentheses and can contain any character.
    let mut fields = text.rsplit_once(") ")?.1.split(' ').skip(1);
    let parent = fields.next()?.parse().ok()?;
    let user: u64 = fields.nth(9)?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(Stat {
        parent,
        ticks: user + kernel,
    })
}

fn memory_mb(pid: u32, name: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1_024.0 / 1e6)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_memory_and_time() {
        let held = vec![1_u8; 32 << 20];
        assert!(peak_memory_mb().expect("known") > 32.0, "{} bytes are held", held.len());
        let pid = std::process::id();
        let before = cpu_seconds(pid).expect("known");
        let mut sum = 0_u64;
        while cpu_seconds(pid).expect("known") < before + 0.02 {
            sum = (0..100_000).fold(sum, |sum, n| sum.wrapping_add(n));
        }
        assert!(resident_memory_mb(pid).expect("known") > 1.0, "{sum}");
        assert_eq!(cpu_seconds(u32::MAX), None);
    }
}
