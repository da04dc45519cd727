//! Why something about accounts did not happen.

use api::SecondFactorResource;
use domain::values::Invalid;
use journal::KeyError;

use crate::database::describe;

/// Why something about accounts did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The e-mail address or the password is wrong, or the account cannot sign in.
    #[error("the sign-in failed")]
    SignInFailed,
    /// The password is a one-time password.
    #[error("a one-time password must be replaced when it is used")]
    PasswordChangeRequired,
    /// The account has a second factor, and no code was given.
    #[error("a code of the second factor is needed")]
    SecondFactorRequired,
    /// The account needs a second factor, which is now being set up with this secret.
    #[error("a second factor must be set up")]
    SecondFactorSetup(SecondFactorResource),
    /// The account has a second factor already, or its setup was not begun.
    #[error("there is nothing to set up")]
    SecondFactorExists,
    /// The code is not one of the second factor now.
    #[error("the code is not valid")]
    WrongCode,
    /// The roles that need a second factor are not all roles.
    #[error("each of `auth.second_factor_roles` {0}")]
    SecondFactorRoles(Invalid),
    /// A new password breaks a rule, which the text names.
    #[error("a password {0}")]
    WeakPassword(&'static str),
    /// The refresh token is unknown, replaced or expired.
    #[error("the refresh token is not valid")]
    RefreshRefused,
    /// The session or the account of an access token has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// Another account has the e-mail address, or is that of the same person.
    #[error("there is an account of that address or person")]
    AccountExists,
    /// There is no such account.
    #[error("there is no such account")]
    UnknownAccount,
    /// A service's key is unknown, or the service is disabled.
    #[error("the key is not valid")]
    KeyRefused,
    /// There is no such key.
    #[error("there is no such key")]
    UnknownKey,
    /// The service has as many keys as it may have.
    #[error("the service has as many keys as it may have")]
    TooManyKeys,
    /// The name of a service breaks a rule.
    #[error("a service's name has from 1 to 100 characters")]
    ServiceName,
    /// An invitation is unknown, used or expired.
    #[error("the invitation is not valid")]
    InvitationRefused,
    /// There is no such session.
    #[error("there is no such session")]
    UnknownSession,
    /// Nobody could administer the accounts any more.
    #[error("the last administrator must stay")]
    LastAdmin,
    /// The address of the first administrator is not an e-mail address.
    #[error("auth.first_admin must be an e-mail address such as name@example.org")]
    FirstAdmin,
    /// A signing key that is not in use yet is the newest one.
    #[error("the newest signing key is not in use yet; rotate again once it is")]
    KeyIsNew,
    /// There were too many failures. The number of seconds tells when to try again.
    #[error("too many failed sign-ins")]
    TooManyFailures(u32),
    /// More passwords are being verified than may wait.
    #[error("too many passwords are being verified")]
    Overloaded,
    /// No master key is configured.
    #[error("signing keys are stored under a master key, and none is configured")]
    NoMasterKey,
    /// The database is not available, or rejected a statement.
    #[error("{}", describe(.0))]
    Database(#[from] sqlx::Error),
    /// The master key cannot wrap or unwrap a signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A cryptographic operation failed.
    #[error("{0}")]
    Crypto(&'static str),
}
