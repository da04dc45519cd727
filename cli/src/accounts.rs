//! `anamnesis accounts`: the operator's share of the accounts, straight on the database. It works while nobody can sign in.

use std::process::ExitCode;

use anyhow::Context as _;
use api::{OneTimePasswordResource, UserAccountResource};
use auth_service::{Auth, Rights, database};
use clap::Subcommand;
use domain::values::Email;
use platform::Clock;
use settings::Settings;
use uuid::Uuid;

use crate::{common::Common, console, looking::with_servers};

/// The most accounts that one statement reads.
const PAGE: u32 = 100;

/// Create, list, change, disable and reset the accounts of people.
///
/// Use it when nobody can sign in as an administrator. It works on the database, with or without a running service.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  anamnesis accounts list
  anamnesis accounts create ada.ruiz@clinic.example --role front-desk --role billing
  anamnesis accounts reset admin@clinic.example")]
pub(crate) struct Accounts {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the accounts, oldest first.
    List {
        /// Print one JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Create an account, and print a one-time password for its first sign-in.
    Create {
        /// The e-mail address.
        #[arg(value_parser = email)]
        email: Email,
        #[command(flatten)]
        roles: RoleOptions,
    },
    /// Replace the roles of an account. Its sessions end.
    Roles {
        /// The e-mail address.
        #[arg(value_parser = email)]
        email: Email,
        #[command(flatten)]
        roles: RoleOptions,
    },
    /// Replace the password of an account by a one-time password, and print it. Its sessions end.
    Reset {
        /// The e-mail address.
        #[arg(value_parser = email)]
        email: Email,
    },
    /// Remove the second factor of an account, for a person who has lost the app and the recovery codes.
    ResetSecondFactor {
        /// The e-mail address.
        #[arg(value_parser = email)]
        email: Email,
    },
    /// Disable an account. Its sessions end.
    Disable {
        /// The e-mail address.
        #[arg(value_parser = email)]
        email: Email,
    },
    /// Enable a disabled account.
    Enable {
        /// The e-mail address.
        #[arg(value_parser = email)]
        email: Email,
    },
}

#[derive(Debug, clap::Args)]
struct RoleOptions {
    /// A role: admin, practitioner, front-desk, billing or auditor. It can be repeated.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<String>,
    /// The practitioner's id, with the role practitioner.
    #[arg(long, value_name = "ID")]
    practitioner: Option<Uuid>,
}

impl RoleOptions {
    fn rights(&self) -> anyhow::Result<Rights> {
        Rights::of_staff(&self.roles, self.practitioner).map_err(|invalid| anyhow::anyhow!("--role {}", invalid.0))
    }
}

fn email(text: &str) -> Result<Email, &'static str> {
    Email::parse(text).map_err(|invalid| invalid.0)
}

pub(crate) fn run(common: &Common, accounts: &Accounts) -> anyhow::Result<ExitCode> {
    with_auth(common, "anamnesis-accounts", async |auth| {
        carry_out(auth, &accounts.what).await
    })?
    .context("stopped before the end")?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `work` on the accounts until it completes or the process is told to stop. Returns `None` if it was stopped.
pub(crate) fn with_auth<T>(
    common: &Common,
    service: &'static str,
    work: impl AsyncFnOnce(&Auth) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    with_servers(common, service, async |settings| open_and(settings, work).await)
}

async fn open_and<T>(settings: Settings, work: impl AsyncFnOnce(&Auth) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let pool =
        database::connect(settings.postgres.url.expose(), &settings.postgres).context("postgres.url is invalid")?;
    database::check(&pool)
        .await
        .context("there are no accounts yet: start `anamnesis up` or auth-service once")?;
    let auth = Auth::open(pool.clone(), &settings, Clock::system()).await?;
    let worked = work(&auth).await;
    pool.close().await;
    worked
}

async fn carry_out(auth: &Auth, what: &What) -> anyhow::Result<()> {
    match what {
        What::List { json } => list(auth, *json).await,
        What::Create { email, roles } => tell(&auth.create_account(email, roles.rights()?).await?),
        What::Roles { email, roles } => {
            let account = auth.account_of(email).await?;
            console::print(&line(&auth.change_rights(account.id, &roles.rights()?).await?))
        }
        What::Reset { email } => {
            let account = auth.account_of(email).await?;
            tell(&auth.reset_password(account.id).await?)
        }
        What::ResetSecondFactor { email } => {
            let account = auth.account_of(email).await?;
            auth.reset_second_factor(account.id).await?;
            console::print(&line(&account))
        }
        What::Disable { email } => set_disabled(auth, email, true).await,
        What::Enable { email } => set_disabled(auth, email, false).await,
    }
}

async fn set_disabled(auth: &Auth, email: &Email, disabled: bool) -> anyhow::Result<()> {
    let account = auth.account_of(email).await?;
    console::print(&line(&auth.set_disabled(account.id, disabled).await?))
}

async fn list(auth: &Auth, json: bool) -> anyhow::Result<()> {
    let mut offset = 0;
    loop {
        let (accounts, _) = auth.accounts(offset, PAGE).await?;
        for account in &accounts {
            console::print(&if json {
                serde_json::to_string(account)?
            } else {
                line(account)
            })?;
        }
        if accounts.len() < PAGE as usize {
            return Ok(());
        }
        offset += u64::from(PAGE);
    }
}

fn tell(one_time: &OneTimePasswordResource) -> anyhow::Result<()> {
    console::print(&format!(
        "{}\nThe one-time password is {}. It is valid until {}, and the first sign-in replaces it.",
        line(&one_time.account),
        one_time.one_time_password,
        one_time.valid_until.format("%Y-%m-%d %H:%M UTC")
    ))
}

fn line(account: &UserAccountResource) -> String {
    let who = account.email.as_deref().or(account.name.as_deref()).unwrap_or_default();
    let roles: Vec<&str> = account.roles.iter().map(|role| role.code()).collect();
    let state = match (account.disabled, account.must_change_password) {
        (true, _) => "disabled",
        (false, true) => "has a one-time password",
        (false, false) => "active",
    };
    format!("{}  {who:<36}  {:<24}  {state}", account.id, roles.join(","))
}
