//! The sign-ins that `up` prints: the first administrator's, once, or one per role of the demo clinic.

use std::fmt::Write as _;

use auth_service::{Auth, DemoPeople, SignIn};
use serde::Serialize;
use settings::Settings;

use super::journey::Journey;

/// Sign-ins to print, and how long their passwords last.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(super) struct SignIns(Vec<Shown>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    role: &'static str,
    email: String,
    password: String,
    one_time: bool,
}

/// Makes the accounts that this start needs. With the demo clinic, the passwords are new at each start.
pub(super) async fn made(auth: &Auth, settings: &Settings, journey: Option<&Journey>) -> anyhow::Result<SignIns> {
    let made = match journey.map(Journey::pair) {
        Some((patient, practitioner)) => auth.demo_accounts(DemoPeople { patient, practitioner }).await?,
        None => Vec::from_iter(auth.first_admin(&settings.auth.first_admin).await?),
    };
    let shown = |SignIn { role, email, password }| Shown {
        role: role.code(),
        email,
        password,
        one_time: journey.is_none(),
    };
    Ok(SignIns(made.into_iter().map(shown).collect()))
}

impl SignIns {
    pub(super) fn told(&self, http: &str) -> String {
        let Some(first) = self.0.first() else {
            return String::new();
        };
        if first.one_time {
            return format!(
                "The first administrator signs in once with this password, and replaces it. It is shown only now:\n\n  \
                 curl {http}/auth/login -H 'Content-Type: application/json' \\\n    -d '{{\"email\":\"{}\",\"password\":\"{}\",\
                 \"newPassword\":\"…\"}}'\n\n",
                first.email, first.password
            );
        }
        let mut text = "Sign in with one of these (until the next start):\n\n".to_owned();
        for Shown {
            role, email, password, ..
        } in &self.0
        {
            // Writing to a text does not fail.
            let _ = writeln!(text, "  {role:<12}  {email:<26}  {password}");
        }
        let _ = write!(
            text,
            "\n  curl {http}/auth/login -H 'Content-Type: application/json' \\\n    -d '{{\"email\":\"{}\",\"password\":\"{}\"}}'\n\n",
            first.email, first.password
        );
        text
    }
}
