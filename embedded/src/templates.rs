//! A cache of newly initialized clusters, which throw-away servers copy instead of running `initdb`. All copies share
//! a password, so never use them for data that matters.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use crate::credentials::new_password;
use crate::error::Error;
use crate::files;
use crate::postgres::Cluster;

/// Increment this when the initialization of clusters changes.
const FORMAT: u32 = 1;

/// Creates the cluster as a copy of the template for its version, and creates the template first if necessary.
/// Returns the password.
pub(crate) async fn initialise(cluster: &Cluster, templates: &Path) -> Result<String, Error> {
    let template = ensure(cluster, templates).await?;
    let password_path = template.join("password");
    let password =
        fs::read_to_string(&password_path).map_err(Error::io(format!("read {}", password_path.display())))?;
    cluster.copy_from(&template.join("postgres")).await?;
    Ok(password)
}

/// Keeps tests of one process from creating the same template concurrently.
static MAKING: Mutex<()> = Mutex::const_new(());

/// The template directory for this version of Postgres and this user.
async fn ensure(cluster: &Cluster, templates: &Path) -> Result<PathBuf, Error> {
    let _making = MAKING.lock().await;
    let binary = cluster.bin.join("postgres");
    // Another build of the same version has another size, and its clusters may differ.
    let size = binary
        .metadata()
        .map_err(Error::io(format!("look at {}", binary.display())))?
        .len();
    let uid = cluster
        .user
        .as_ref()
        .map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
    let template = templates.join(format!("{FORMAT}-{size}-{uid}"));
    if template.is_dir() {
        return Ok(template);
    }
    // Concurrent processes each create their own template, and one of them wins.
    let partial = templates.join(format!("partial-{}", std::process::id()));
    let failed = || Error::io(format!("create the cluster template {}", template.display()));
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial).map_err(failed())?;
    let password = new_password();
    files::write_private(&partial.join("password"), &password, None)?;
    let blank = Cluster::new(cluster.bin.clone(), partial.join("postgres"), cluster.durability);
    blank.initialise(&password).await?;
    match fs::rename(&partial, &template) {
        Ok(()) => {}
        Err(_) if template.is_dir() => fs::remove_dir_all(&partial).map_err(failed())?,
        Err(error) => return Err(failed()(error)),
    }
    Ok(template)
}
