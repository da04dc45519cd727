//! Starts a child process that ends with this one, sends it signals, and reports how it ended.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use tokio::sync::{oneshot, watch};

use crate::logs;
use crate::run_as::RunAs;

/// How to start a process.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Receives standard output and standard error.
    pub(crate) log: PathBuf,
    pub(crate) user: Option<RunAs>,
    /// The signal that the process receives when this process dies, and when its handle is dropped. Only Linux
    /// supports the former. On other systems, a server outlives a killed owner until the next start on the same data
    /// directory stops it.
    pub(crate) death_signal: Signal,
}

impl Launch {
    pub(crate) async fn spawn(&self) -> io::Result<Process> {
        let launch = self.clone();
        let (reply, spawned) = oneshot::channel();
        on_spawner_thread(Box::new(move || {
            // The caller may have stopped waiting. The process is then dropped, which stops it.
            let _ = reply.send(launch.spawn_here());
        }))?;
        spawned.await.map_err(io::Error::other)?
    }

    fn spawn_here(&self) -> io::Result<Process> {
        let log = logs::open(&self.log)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            // The other user may be unable to enter the current directory.
            .current_dir("/")
            // An interrupt from the terminal goes only to the owner, which then stops its servers in order.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        #[cfg(not(target_os = "linux"))]
        if let Some(user) = &self.user {
            user.apply(&mut command);
        }
        self.prepare_before_exec(&mut command);
        Process::watch(command.spawn()?, self.death_signal)
    }

    #[allow(
        unsafe_code,
        reason = "changing user and asking for a death signal must happen between fork and exec"
    )]
    fn prepare_before_exec(&self, command: &mut Command) {
        let user = self.user.clone();
        let death_signal = self.death_signal;
        let parent = rustix::process::getpid();
        // SAFETY: the closure only makes system calls, with values that were created before the fork. It does not
        // allocate, lock or touch memory shared with other threads, so it is sound in the child of a multi-threaded
        // process.
        unsafe {
            command.pre_exec(move || {
                if let Some(user) = &user {
                    user.become_user()?;
                }
                die_with_parent(parent, death_signal)
            });
        }
    }
}

/// Requests a signal for the parent's death. This must come after the change of user, which would clear the request.
#[cfg(target_os = "linux")]
fn die_with_parent(parent: Pid, signal: Signal) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(signal))?;
    // The parent may have died before the request.
    if rustix::process::getppid() == Some(parent) {
        Ok(())
    } else {
        Err(rustix::io::Errno::SRCH.into())
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_parent: Pid, _signal: Signal) -> io::Result<()> {
    Ok(())
}

type Job = Box<dyn FnOnce() + Send>;

/// Runs a job on a thread that lives as long as this process. The kernel sends the death signal when the parent
/// *thread* ends, so a runtime's worker threads must not start processes.
fn on_spawner_thread(job: Job) -> io::Result<()> {
    static SPAWNER: Mutex<Option<mpsc::Sender<Job>>> = Mutex::new(None);
    let mut spawner = lock(&SPAWNER);
    let sender = match &*spawner {
        Some(sender) => sender,
        None => {
            let (sender, jobs) = mpsc::channel::<Job>();
            let run = move || jobs.into_iter().for_each(|job| job());
            std::thread::Builder::new().name("spawner".to_owned()).spawn(run)?;
            spawner.insert(sender)
        }
    };
    sender
        .send(job)
        .map_err(|_| io::Error::other("the spawner thread has ended"))
}

/// A running child process. Dropping it asks the process to end, but does not wait for the end.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
    /// Held while signalling and reaping, so that a signal never reaches a process that has reused the id.
    reaped: Arc<Mutex<bool>>,
    exited: watch::Receiver<Option<ExitStatus>>,
    death_signal: Signal,
}

impl Process {
    fn watch(mut child: Child, death_signal: Signal) -> io::Result<Self> {
        let pid = Pid::from_child(&child);
        let reaped = Arc::new(Mutex::new(false));
        let (sender, exited) = watch::channel(None);
        let waiter = {
            let reaped = Arc::clone(&reaped);
            move || {
                let without_reaping = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), without_reaping) {}
                let mut reaped = lock(&reaped);
                *reaped = true;
                sender.send_replace(child.wait().ok());
            }
        };
        std::thread::Builder::new().name("waiter".to_owned()).spawn(waiter)?;
        Ok(Self {
            pid,
            reaped,
            exited,
            death_signal,
        })
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Sends a signal, unless the process has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let reaped = lock(&self.reaped);
        if !*reaped && let Err(error) = rustix::process::kill_process(self.pid, signal) {
            tracing::warn!(pid = self.pid(), %error, "cannot signal a child process");
        }
    }

    /// Waits until the process has ended, and returns its exit status.
    pub(crate) async fn exited(&self) -> String {
        let mut exited = self.exited.clone();
        match exited.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(status)) => status.to_string(),
            _ => "exit status unknown".to_owned(),
        }
    }

    /// Whether the process has ended without an error.
    pub(crate) fn succeeded(&self) -> bool {
        self.exited.borrow().is_some_and(|status| status.success())
    }

    /// Sends a signal and waits for the end. A process that takes too long is killed.
    pub(crate) async fn stop(&self, signal: Signal, grace: Duration) {
        self.signal(signal);
        if tokio::time::timeout(grace, self.exited()).await.is_err() {
            tracing::warn!(pid = self.pid(), "a server did not stop in time and is killed");
            self.signal(Signal::KILL);
            self.exited().await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(self.death_signal);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
