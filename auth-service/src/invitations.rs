//! Invitations: staff invite a patient whom they know, and the patient makes an account with the invitation. An e-mail
//! address alone never connects an account with a patient, because anybody can claim one.

use api::{InvitationResource, UserAccountResource};
use chrono::TimeDelta;
use domain::{access::Role, values::Email};
use platform::config::Secret;
use sqlx::Row as _;
use uuid::Uuid;

use crate::{
    Auth, AuthError,
    account::{self, Account, Rights},
    secrets,
};

/// What invitations begin with.
const PREFIX: &str = "ani_";
/// How long an invitation is valid.
const LIFETIME: TimeDelta = TimeDelta::days(14);
/// How many expired invitations an invitation removes.
const REMOVED_AT_ONCE: i64 = 100;

impl Auth {
    /// Invites a patient. An earlier invitation of the same patient ends.
    pub(crate) async fn invite(&self, patient: Uuid) -> Result<InvitationResource, AuthError> {
        let (now, invitation) = (self.now(), secrets::token(PREFIX)?);
        let ends_at = now + LIFETIME;
        let mut transaction = self.pool().begin().await?;
        let expired = "DELETE FROM auth.invitation WHERE hash IN \
                       (SELECT hash FROM auth.invitation WHERE ends_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
        sqlx::query(expired)
            .bind(now)
            .bind(REMOVED_AT_ONCE)
            .execute(&mut *transaction)
            .await?;
        let statement = "INSERT INTO auth.invitation (hash, patient_id, ends_at) VALUES ($1, $2, $3) \
                         ON CONFLICT (patient_id) DO UPDATE SET hash = excluded.hash, ends_at = excluded.ends_at";
        sqlx::query(statement)
            .bind(secrets::hash(&invitation))
            .bind(patient)
            .bind(ends_at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(InvitationResource {
            patient_id: patient,
            invitation,
            valid_until: ends_at,
        })
    }

    /// Makes the account of an invited patient. The invitation is used up if the account is made.
    pub(crate) async fn redeem(
        &self,
        invitation: &str,
        email: &Email,
        password: &Secret,
    ) -> Result<UserAccountResource, AuthError> {
        let (now, hash) = (self.now(), secrets::hash(invitation));
        let found = "SELECT 1 FROM auth.invitation WHERE hash = $1 AND ends_at > $2";
        let known = sqlx::query(found)
            .bind(&hash)
            .bind(now)
            .fetch_optional(self.pool())
            .await?;
        if known.is_none() {
            // Only whoever was invited may make the server hash a password.
            return Err(AuthError::InvitationRefused);
        }
        let address = email.normalised();
        let local = address.split('@').next().unwrap_or_default();
        let about = [address.as_str(), local, "anamnesis"];
        let password_hash = self.0.passwords.accept(password.expose(), &about).await?;
        let mut transaction = self.pool().begin().await?;
        let used = "DELETE FROM auth.invitation WHERE hash = $1 AND ends_at > $2 RETURNING patient_id";
        let row = sqlx::query(used)
            .bind(&hash)
            .bind(now)
            .fetch_optional(&mut *transaction)
            .await?;
        let patient: Uuid = row.ok_or(AuthError::InvitationRefused)?.try_get("patient_id")?;
        let rights = Rights::new(vec![Role::Patient], Some(patient), None).ok_or(AuthError::InvitationRefused)?;
        let account =
            Account::of_person(platform::new_id(), email, rights, now).with_password(password_hash, None, now);
        account::insert(&mut transaction, &account).await?;
        transaction.commit().await?;
        Ok(account.into())
    }
}
