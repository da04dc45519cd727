//! The file that keeps the sign-in of the command line.

use std::{fs, path::Path};

use anyhow::Context as _;
use api::TokensResource;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::kept::write_private;

const FILE: &str = "sign-in.json";
/// How long a printed token must still be valid.
const NEEDED: TimeDelta = TimeDelta::minutes(1);

/// A sign-in.
#[derive(Deserialize, Serialize)]
pub(super) struct KeptSignIn {
    pub(super) url: String,
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    expires_at: DateTime<Utc>,
}

impl KeptSignIn {
    pub(super) fn new(url: String, tokens: TokensResource, now: DateTime<Utc>) -> Self {
        let lifetime = TimeDelta::seconds(i64::try_from(tokens.expires_in).unwrap_or_default());
        Self {
            url,
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            expires_at: now + lifetime,
        }
    }

    pub(super) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now + NEEDED < self.expires_at
    }
}

/// Stores a sign-in. Only the owner can read the file, and it appears complete or not at all.
pub(super) fn store(data_dir: &Path, sign_in: &KeptSignIn) -> anyhow::Result<()> {
    let path = data_dir.join(FILE);
    let stored = || -> anyhow::Result<()> {
        fs::create_dir_all(data_dir)?;
        write_private(&path, serde_json::to_string(sign_in)?.as_bytes())?;
        Ok(())
    };
    stored().with_context(|| format!("cannot write {}", path.display()))
}

/// Loads the sign-in.
pub(super) fn load(data_dir: &Path) -> anyhow::Result<KeptSignIn> {
    let path = data_dir.join(FILE);
    let text = fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}: run `anamnesis login` first", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged: run `anamnesis login` again", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_sign_in_is_kept_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let tokens = TokensResource {
            token: "access".to_owned(),
            access_token: "access".to_owned(),
            refresh_token: "refresh".to_owned(),
            expires_in: 900,
            token_type: "Bearer".to_owned(),
            recovery_codes: None,
        };
        assert!(load(folder.path()).is_err());
        store(folder.path(), &KeptSignIn::new("http://here".to_owned(), tokens, now)).expect("stored");
        let mode = fs::metadata(folder.path().join(FILE))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let kept = load(folder.path()).expect("loaded");
        assert_eq!(kept.refresh_token, "refresh");
        assert!(kept.is_fresh(now) && kept.is_fresh(now + TimeDelta::minutes(13)));
        assert!(!kept.is_fresh(now + TimeDelta::minutes(14)));
    }
}
