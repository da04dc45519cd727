//! The configuration and readiness of nats-server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::{ConnectError, ConnectErrorKind};

use crate::credentials::{Credentials, USER};
use crate::error::Error;
use crate::files;
use crate::leftovers::Trace;
use crate::process::Launch;
use crate::server::{Readiness, STOP_SIGNAL, Server};

/// The user in the system account, which can read the server's settings.
const SYSTEM_USER: &str = "system";
/// The minimum of the Go runtime's soft memory limit. Without a limit, the heap doubles before each collection. The
/// server holds every subject, and the rest of the limit is for its caches. Close to the limit, the server drops the
/// caches as fast as it fills them, and a load that takes two milliseconds takes four hundred.
const MIN_MEMORY_MIB: u64 = 1_024;
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// How to recognize the server of an earlier run.
pub(crate) fn trace(data_dir: &Path) -> Trace {
    Trace {
        server: "nats-server",
        pid_file: data_dir.join("nats.pid"),
        argument: data_dir.join("nats.conf"),
    }
}

/// A server's name, and its settings beyond the common configuration.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) settings: String,
}

impl Role {
    /// A single server.
    pub(crate) fn alone() -> Self {
        Self {
            name: "anamnesis".to_owned(),
            settings: String::new(),
        }
    }
}

/// Writes the configuration for this port, and returns the server that uses it.
pub(crate) fn configure(
    program: PathBuf,
    data_dir: &Path,
    credentials: &Credentials,
    port: u16,
    role: &Role,
) -> Result<Server, Error> {
    let Trace {
        server: name,
        pid_file,
        argument: config_path,
    } = trace(data_dir);
    let config = config(data_dir, &pid_file, credentials, port, role)?;
    files::write_private(&config_path, &config, None)?;
    let launch = Launch {
        program,
        arguments: vec!["--config".into(), config_path.into()],
        variables: vec![("GOMEMLIMIT", format!("{}MiB", memory_limit_mib()))],
        log: data_dir.join("nats.log"),
        user: None,
        death_signal: STOP_SIGNAL,
    };
    Ok(Server {
        name,
        launch,
        url: format!("nats://{USER}:{}@127.0.0.1:{port}", credentials.nats_password),
        probe: |url| Box::pin(probe(url)),
    })
}

/// Half of the machine's memory, if the machine reports its size.
fn memory_limit_mib() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let memory = rustix::system::sysinfo();
        let mib = memory.totalram as u64 / (1 << 20) * u64::from(memory.mem_unit.max(1));
        MIN_MEMORY_MIB.max(mib / 2)
    }
    #[cfg(not(target_os = "linux"))]
    {
        MIN_MEMORY_MIB
    }
}

/// The URL of the user in the system account. It can read the server's settings but none of its data.
pub(crate) fn system_url(credentials: &Credentials, port: u16) -> String {
    format!(
        "nats://{SYSTEM_USER}:{}@127.0.0.1:{port}",
        credentials.nats_system_password
    )
}

fn config(
    data_dir: &Path,
    pid_file: &Path,
    credentials: &Credentials,
    port: u16,
    role: &Role,
) -> Result<String, Error> {
    let store = quoted(&data_dir.join("nats"))?;
    let pid_file = quoted(pid_file)?;
    let users = users(credentials);
    let Role { name, settings } = role;
    Ok(format!(
        r#"# Written at every start; changes made here are lost.
server_name: "{name}"
listen: "127.0.0.1:{port}"
pid_file: {pid_file}
jetstream {{
  store_dir: {store}
  # An event is acknowledged only once it is on disk.
  sync_interval: always
  max_memory_store: 256MB
}}
{users}{settings}"#
    ))
}

/// The users: ours, whose data stays in the default account, and one in the system account.
fn users(credentials: &Credentials) -> String {
    let Credentials {
        nats_password,
        nats_system_password,
        ..
    } = credentials;
    format!(
        r#"authorization {{
  users: [ {{ user: "{USER}", password: "{nats_password}" }} ]
}}
# This user can read the server's settings. A monitoring port would show them to every local user.
accounts {{
  $SYS {{ users: [ {{ user: "{SYSTEM_USER}", password: "{nats_system_password}" }} ] }}
}}
"#
    )
}

/// A path as a string literal of the configuration language, whose escapes are a subset of JSON's.
fn quoted(path: &Path) -> Result<String, Error> {
    let unusable = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "nats-server needs a path in UTF-8");
    let text = path
        .to_str()
        .ok_or_else(unusable)
        .map_err(Error::io(format!("use {}", path.display())))?;
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// Checks readiness by a request for the server's JetStream account.
async fn probe(url: &str) -> Readiness {
    let client = match connect(url).await {
        Ok(client) => client,
        Err(error) if error.kind() == ConnectErrorKind::AuthorizationViolation => {
            return Readiness::Never("another server than ours answers on its port".to_owned());
        }
        Err(error) => return Readiness::NotYet(error.to_string()),
    };
    match jetstream(client).query_account().await {
        Ok(_) => Readiness::Ready,
        Err(error) => Readiness::NotYet(error.to_string()),
    }
}

/// JetStream with a short timeout.
pub(crate) fn jetstream(client: async_nats::Client) -> async_nats::jetstream::Context {
    let mut jetstream = async_nats::jetstream::new(client);
    jetstream.set_timeout(PROBE_TIMEOUT);
    jetstream
}

/// Connects with the credentials in the URL, which the client does not use by itself.
pub(crate) async fn connect(url: &str) -> Result<async_nats::Client, ConnectError> {
    let mut options = async_nats::ConnectOptions::new().connection_timeout(PROBE_TIMEOUT);
    if let Ok(address) = url.parse::<async_nats::ServerAddr>()
        && let (Some(user), Some(password)) = (address.username(), address.password())
    {
        options = options.user_and_password(user.to_owned(), password.to_owned());
    }
    options.connect(url).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted() {
        assert_eq!(quoted(Path::new(r#"/a "b"\c"#)).unwrap(), r#""/a \"b\"\\c""#);
    }
}
