//! `anamnesis login` and `anamnesis token`: a sign-in for the command line.

mod client;
mod kept_sign_in;
mod password;

use std::process::ExitCode;

use anyhow::Context as _;
use api::TokensResource;
use platform::Clock;
use serde_json::{Value, json};
use settings::Settings;

use self::{
    client::{Client, Refused},
    kept_sign_in::KeptSignIn,
};
use crate::{common::Common, config, console};

/// Sign in, and keep the sign-in for `anamnesis token`.
///
/// It asks for the password, or reads it from standard input. The sign-in is kept in the data directory, in a file that
/// only its owner can read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  anamnesis login admin@clinic.example
  anamnesis login admin@clinic.example --url http://127.0.0.1:8080 < password-file")]
pub(crate) struct Login {
    /// The e-mail address.
    email: String,
    /// The URL of the service [default: that of the running `up`, otherwise that of http.listen].
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Print an access token of the sign-in that `anamnesis login` has kept.
///
/// It refreshes the token first, if it expires within a minute.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  curl -H \"Authorization: Bearer $(anamnesis token)\" http://127.0.0.1:4004/auth/me")]
pub(crate) struct Token {}

pub(crate) fn login(common: &Common, login: &Login) -> anyhow::Result<ExitCode> {
    let url = match &login.url {
        Some(url) => url.clone(),
        None => service_url(common)?,
    };
    let client = Client::new(&url)?;
    let credentials = json!({"email": login.email, "password": password::read("Password: ")?});
    let tokens = run(sign_in(&client, credentials))?;
    if let Some(codes) = &tokens.recovery_codes {
        console::say("Keep these recovery codes in a safe place. Each replaces a code of the app once:");
        codes.iter().for_each(|code| console::say(code));
    }
    kept_sign_in::store(&common.data_dir, &KeptSignIn::new(url, tokens, Clock::system().now()))?;
    console::say("Signed in. `anamnesis token` prints an access token.");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn token(common: &Common, _: &Token) -> anyhow::Result<ExitCode> {
    let mut kept = kept_sign_in::load(&common.data_dir)?;
    let now = Clock::system().now();
    if !kept.is_fresh(now) {
        let client = Client::new(&kept.url)?;
        let body = json!({"refreshToken": kept.refresh_token});
        let tokens: TokensResource = run(async {
            let refreshed = client.post("/auth/refresh", &body).await?;
            refreshed.context("the sign-in has ended: run `anamnesis login` again")
        })?;
        kept = KeptSignIn::new(kept.url, tokens, now);
        kept_sign_in::store(&common.data_dir, &kept)?;
    }
    console::print(&kept.access_token)?;
    Ok(ExitCode::SUCCESS)
}

/// Signs in, and asks for what the service requires besides the password.
async fn sign_in(client: &Client, mut credentials: Value) -> anyhow::Result<TokensResource> {
    loop {
        let refused: Refused = match client.post("/auth/login", &credentials).await? {
            Ok(tokens) => return Ok(tokens),
            Err(refused) => refused,
        };
        let missing = |field: &str| credentials.get(field).is_none();
        if refused.is("password-change-required") && missing("newPassword") {
            console::say("This is a one-time password. Choose another one: 12 to 128 characters.");
            credentials["newPassword"] = password::read("New password: ")?.into();
        } else if refused.is("second-factor-required") && missing("code") {
            credentials["code"] = password::read("Code of the authenticator app, or a recovery code: ")?.into();
        } else if refused.is("second-factor-setup-required") && missing("code") {
            let (secret, uri) = (refused.member("secret"), refused.member("uri"));
            console::say(&format!("Add this secret to an authenticator app: {secret}\n({uri})"));
            credentials["code"] = password::read("Code of the app: ")?.into();
        } else {
            return Err(refused.into());
        }
    }
}

fn run<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

fn service_url(common: &Common) -> anyhow::Result<String> {
    let running = embedded::attach(&common.data_dir)?.and_then(|running| running.http_url);
    match running {
        Some(url) => Ok(url),
        None => Ok(format!(
            "http://{}",
            config::loader(common).load::<Settings>()?.http.listen
        )),
    }
}
