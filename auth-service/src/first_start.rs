//! The accounts that exist before anybody has signed in: the first administrator, and those of the demo clinic.

use std::fmt;

use domain::{access::Role, values::Email};
use uuid::Uuid;

use crate::{
    Auth, AuthError,
    account::{self, Account, Rights},
    accounts::OneTime,
    database, secrets,
};

/// A sign-in to show to the person who started the process. It is never logged.
pub struct SignIn {
    /// The role.
    pub role: Role,
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Whose records the patient and the practitioner of the demo clinic sign in to.
#[derive(Clone, Copy, Debug)]
pub struct DemoPeople {
    /// The patient.
    pub patient: Uuid,
    /// The practitioner.
    pub practitioner: Uuid,
}

impl Auth {
    /// Makes the first administrator with a one-time password, unless somebody administers the accounts already.
    ///
    /// # Errors
    /// The setting is not an e-mail address, or the database is not available.
    pub async fn first_admin(&self, email: &str) -> Result<Option<SignIn>, AuthError> {
        let email = Email::parse(email).map_err(|_| AuthError::FirstAdmin)?;
        let mut transaction = self.pool().begin().await?;
        database::lock(&mut transaction).await?;
        if account::any_admin(&mut transaction).await? {
            return Ok(None);
        }
        let rights = Rights::new(vec![Role::Admin], None, None).ok_or(AuthError::FirstAdmin)?;
        let OneTime { account, password, .. } = self.one_time(&email, rights).await?;
        account::insert(&mut transaction, &account).await?;
        transaction.commit().await?;
        Ok(Some(SignIn {
            role: Role::Admin,
            email: email.normalised(),
            password,
        }))
    }

    /// Whether somebody can administer the accounts.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn has_admin(&self) -> Result<bool, AuthError> {
        let mut connection = self.pool().acquire().await?;
        Ok(account::any_admin(&mut connection).await?)
    }

    /// Makes an account for each role of a person, all with the same new password. Accounts of an earlier call keep
    /// everything but their password.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn demo_accounts(&self, people: DemoPeople) -> Result<Vec<SignIn>, AuthError> {
        let now = self.now();
        let password = secrets::one_time_password()?;
        let hash = self.0.passwords.hash(&password).await?;
        let mut transaction = self.pool().begin().await?;
        database::lock(&mut transaction).await?;
        let mut sign_ins = Vec::new();
        for role in Role::ALL.iter().copied().filter(|role| *role != Role::Service) {
            let address = format!("{}@demo.example", role.code());
            let email = Email::parse(&address).map_err(|_| AuthError::FirstAdmin)?;
            let rights = Rights::new(
                vec![role],
                (role == Role::Patient).then_some(people.patient),
                (role == Role::Practitioner).then_some(people.practitioner),
            );
            let Some(rights) = rights else { continue };
            let account =
                Account::of_person(platform::new_id(), &email, rights, now).with_password(hash.clone(), None, now);
            if !account::upsert_password(&mut transaction, &account).await? {
                // Somebody else signs in for this person already.
                continue;
            }
            sign_ins.push(SignIn {
                role,
                email: address,
                password: password.clone(),
            });
        }
        transaction.commit().await?;
        Ok(sign_ins)
    }
}
