//! The accounts: people and services that can sign in.

use chrono::{DateTime, Utc};
use domain::{
    access::Role,
    values::{Email, Invalid},
};
use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::AuthError;

/// The columns of an account, in one place.
macro_rules! columns {
    () => {
        "id, email, name, roles, patient_id, practitioner_id, password_hash, password_set_at, one_time_until, \
         created_at, disabled_at"
    };
}

/// An account.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) id: Uuid,
    /// The e-mail address of a person, in its normal form.
    pub(crate) email: Option<String>,
    /// The name of a service.
    pub(crate) name: Option<String>,
    pub(crate) rights: Rights,
    pub(crate) password_hash: Option<String>,
    pub(crate) password_set_at: Option<DateTime<Utc>>,
    /// Until when the one-time password is valid; `None` if the person chose the password.
    pub(crate) one_time_until: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
}

/// What an account may do: its roles, and the person whose records they are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    roles: Vec<Role>,
    patient: Option<Uuid>,
    practitioner: Option<Uuid>,
}

impl Rights {
    /// Combines roles with the persons whose records they are about. Returns `None` if they do not fit together: patients
    /// and services have no other role, and only patients and practitioners are persons with records.
    pub(crate) fn new(mut roles: Vec<Role>, patient: Option<Uuid>, practitioner: Option<Uuid>) -> Option<Self> {
        roles.sort_unstable();
        roles.dedup();
        let has = |role| roles.contains(&role);
        let stands_alone = !(has(Role::Patient) || has(Role::Service)) || roles.len() == 1;
        let is_named = has(Role::Patient) == patient.is_some() && has(Role::Practitioner) == practitioner.is_some();
        (!roles.is_empty() && stands_alone && is_named).then_some(Self {
            roles,
            patient,
            practitioner,
        })
    }

    /// Reads the roles of a person who works in the clinic. Patients and services get their accounts in other ways.
    ///
    /// # Errors
    /// A code is not such a role, or the roles and the practitioner do not fit together.
    pub fn of_staff(codes: &[String], practitioner: Option<Uuid>) -> Result<Self, Invalid> {
        const REFUSED: Invalid = Invalid("must be one or more of admin, practitioner, front-desk, billing and auditor");
        const UNFIT: Invalid = Invalid("must include practitioner if a practitioner is named, and only then");
        let of_staff = |code: &String| match Role::parse(code) {
            Ok(role) if !matches!(role, Role::Patient | Role::Service) => Ok(role),
            _ => Err(REFUSED),
        };
        let roles = codes.iter().map(of_staff).collect::<Result<Vec<Role>, Invalid>>()?;
        if roles.is_empty() {
            return Err(REFUSED);
        }
        Self::new(roles, None, practitioner).ok_or(UNFIT)
    }

    pub(crate) fn roles(&self) -> &[Role] {
        &self.roles
    }

    pub(crate) const fn patient(&self) -> Option<Uuid> {
        self.patient
    }

    pub(crate) const fn practitioner(&self) -> Option<Uuid> {
        self.practitioner
    }

    fn codes(&self) -> Vec<&'static str> {
        self.roles.iter().map(|role| role.code()).collect()
    }
}

impl Account {
    /// A person's account without a password.
    pub(crate) fn of_person(id: Uuid, email: &Email, rights: Rights, now: DateTime<Utc>) -> Self {
        Self {
            id,
            email: Some(email.normalised()),
            name: None,
            rights,
            password_hash: None,
            password_set_at: None,
            one_time_until: None,
            created_at: now,
            disabled_at: None,
        }
    }

    /// A service's account.
    pub(crate) fn of_service(id: Uuid, name: &str, rights: Rights, now: DateTime<Utc>) -> Self {
        Self {
            id,
            email: None,
            name: Some(name.to_owned()),
            rights,
            password_hash: None,
            password_set_at: None,
            one_time_until: None,
            created_at: now,
            disabled_at: None,
        }
    }

    /// The account with a password that the person chose, or with a one-time password.
    #[must_use]
    pub(crate) fn with_password(self, hash: String, one_time_until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        Self {
            password_hash: Some(hash),
            password_set_at: Some(now),
            one_time_until,
            ..self
        }
    }

    /// Whether a person with the right password may sign in now.
    pub(crate) fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.disabled_at.is_none() && self.one_time_until.is_none_or(|until| now < until)
    }

    /// Words that make a password of this account easy to guess.
    pub(crate) fn words(&self) -> Vec<&str> {
        let email = self.email.as_deref().unwrap_or_default();
        let local = email.split('@').next().unwrap_or_default();
        vec![email, local, "anamnesis"]
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let codes: Vec<String> = row.try_get("roles")?;
        let roles: Result<Vec<Role>, _> = codes.iter().map(|code| Role::parse(code)).collect();
        let unreadable = || sqlx::Error::Decode("the roles of an account are not readable".into());
        let rights = Rights::new(
            roles.map_err(|_| unreadable())?,
            row.try_get("patient_id")?,
            row.try_get("practitioner_id")?,
        );
        Ok(Self {
            id: row.try_get("id")?,
            email: row.try_get("email")?,
            name: row.try_get("name")?,
            rights: rights.ok_or_else(unreadable)?,
            password_hash: row.try_get("password_hash")?,
            password_set_at: row.try_get("password_set_at")?,
            one_time_until: row.try_get("one_time_until")?,
            created_at: row.try_get("created_at")?,
            disabled_at: row.try_get("disabled_at")?,
        })
    }
}

/// The account with an e-mail address in its normal form.
pub(crate) async fn by_email(pool: &PgPool, email: &str) -> Result<Option<Account>, sqlx::Error> {
    let statement = concat!("SELECT ", columns!(), " FROM auth.account WHERE email = $1");
    let row = sqlx::query(statement).bind(email).fetch_optional(pool).await?;
    row.as_ref().map(Account::read).transpose()
}

/// The account with an id.
pub(crate) async fn by_id(connection: &mut PgConnection, id: Uuid) -> Result<Option<Account>, sqlx::Error> {
    let statement = concat!("SELECT ", columns!(), " FROM auth.account WHERE id = $1");
    let row = sqlx::query(statement).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(Account::read).transpose()
}

/// Up to `limit` accounts from a number on, oldest first.
pub(crate) async fn list(pool: &PgPool, offset: i64, limit: i64) -> Result<Vec<Account>, sqlx::Error> {
    let statement = concat!(
        "SELECT ",
        columns!(),
        " FROM auth.account ORDER BY created_at, id OFFSET $1 LIMIT $2"
    );
    let rows = sqlx::query(statement).bind(offset).bind(limit).fetch_all(pool).await?;
    rows.iter().map(Account::read).collect()
}

/// The number of accounts.
pub(crate) async fn count(pool: &PgPool) -> Result<i64, sqlx::Error> {
    let row = sqlx::query("SELECT count(*) FROM auth.account").fetch_one(pool).await?;
    row.try_get(0)
}

/// Whether somebody can administer the accounts.
pub(crate) async fn any_admin(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let statement = "SELECT EXISTS (SELECT 1 FROM auth.account WHERE $1 = ANY (roles) AND disabled_at IS NULL)";
    let row = sqlx::query(statement)
        .bind(Role::Admin.code())
        .fetch_one(connection)
        .await?;
    row.try_get(0)
}

/// Stores a new account.
///
/// # Errors
/// [`AuthError::AccountExists`] if another account has the address, or is that of the same person.
pub(crate) async fn insert(connection: &mut PgConnection, account: &Account) -> Result<(), AuthError> {
    let statement = concat!(
        "INSERT INTO auth.account (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING"
    );
    let inserted = sqlx::query(statement)
        .bind(account.id)
        .bind(&account.email)
        .bind(&account.name)
        .bind(account.rights.codes())
        .bind(account.rights.patient)
        .bind(account.rights.practitioner)
        .bind(&account.password_hash)
        .bind(account.password_set_at)
        .bind(account.one_time_until)
        .bind(account.created_at)
        .bind(account.disabled_at)
        .execute(connection)
        .await?;
    match inserted.rows_affected() {
        0 => Err(AuthError::AccountExists),
        _ => Ok(()),
    }
}

/// Stores a new account, or the password of the account that the address has already. Returns whether it did: not, if
/// another account is that of the same person.
pub(crate) async fn upsert_password(connection: &mut PgConnection, account: &Account) -> Result<bool, AuthError> {
    match insert(connection, account).await {
        Ok(()) => return Ok(true),
        Err(AuthError::AccountExists) => {}
        Err(error) => return Err(error),
    }
    let statement = "UPDATE auth.account SET password_hash = $2, password_set_at = $3, one_time_until = $4 \
                     WHERE email = $1";
    let updated = sqlx::query(statement)
        .bind(&account.email)
        .bind(&account.password_hash)
        .bind(account.password_set_at)
        .bind(account.one_time_until)
        .execute(connection)
        .await?;
    Ok(updated.rows_affected() > 0)
}

/// Replaces the password, provided that it is still the one that was verified. Returns whether it was.
pub(crate) async fn replace_password(
    connection: &mut PgConnection,
    account: &Account,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let statement = "UPDATE auth.account SET password_hash = $3, password_set_at = $4, one_time_until = NULL \
                     WHERE id = $1 AND password_hash IS NOT DISTINCT FROM $2";
    let updated = sqlx::query(statement)
        .bind(account.id)
        .bind(&account.password_hash)
        .bind(hash)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(updated.rows_affected() > 0)
}

/// Sets a one-time password. Returns whether there is such an account of a person.
pub(crate) async fn set_one_time_password(
    connection: &mut PgConnection,
    id: Uuid,
    hash: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let statement = "UPDATE auth.account SET password_hash = $2, password_set_at = $3, one_time_until = $4 \
                     WHERE id = $1 AND email IS NOT NULL";
    let updated = sqlx::query(statement)
        .bind(id)
        .bind(hash)
        .bind(now)
        .bind(until)
        .execute(connection)
        .await?;
    Ok(updated.rows_affected() > 0)
}

/// Changes what the account of somebody who works in the clinic may do.
///
/// # Errors
/// [`AuthError::AccountExists`] if another account is that of the same person; [`AuthError::UnknownAccount`].
pub(crate) async fn set_rights(connection: &mut PgConnection, id: Uuid, rights: &Rights) -> Result<(), AuthError> {
    let statement = "UPDATE auth.account SET roles = $2, patient_id = $3, practitioner_id = $4 \
                     WHERE id = $1 AND email IS NOT NULL AND patient_id IS NULL";
    let updated = sqlx::query(statement)
        .bind(id)
        .bind(rights.codes())
        .bind(rights.patient)
        .bind(rights.practitioner)
        .execute(connection)
        .await
        .map_err(|error| match error.as_database_error() {
            Some(fault) if fault.is_unique_violation() => AuthError::AccountExists,
            _ => error.into(),
        })?;
    match updated.rows_affected() {
        0 => Err(AuthError::UnknownAccount),
        _ => Ok(()),
    }
}

/// Disables an account, or enables it again. Returns whether there is such an account.
pub(crate) async fn set_disabled(
    connection: &mut PgConnection,
    id: Uuid,
    disabled_at: Option<DateTime<Utc>>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query("UPDATE auth.account SET disabled_at = $2 WHERE id = $1")
        .bind(id)
        .bind(disabled_at)
        .execute(connection)
        .await?;
    Ok(updated.rows_affected() > 0)
}
