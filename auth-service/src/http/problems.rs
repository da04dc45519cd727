//! The problem types of sign-ins and accounts, and the mapping of errors to them. Each type has a page in
//! `docs/errors/`.

use api::SecondFactorResource;
use axum::http::{HeaderValue, header};
use http_edge::{Problem, ProblemType, problem::types, problem_types};

use crate::AuthError;

problem_types! {
    /// The e-mail address or the password is wrong.
    SIGN_IN_FAILED = (401, "sign-in-failed", "Sign-in failed");
    /// There is no valid access token, or its session has ended.
    NOT_SIGNED_IN = (401, "not-signed-in", "Not signed in");
    /// The refresh token is not valid.
    REFRESH_REFUSED = (401, "refresh-token-refused", "Refresh token refused");
    /// A one-time password must be replaced.
    PASSWORD_CHANGE_REQUIRED = (403, "password-change-required", "Password must be changed");
    /// The key of a service is not valid.
    KEY_REFUSED = (401, "service-key-refused", "Service key refused");
    /// The account has a second factor.
    SECOND_FACTOR_REQUIRED = (403, "second-factor-required", "Second factor required");
    /// The account needs a second factor.
    SECOND_FACTOR_SETUP = (403, "second-factor-setup-required", "Second factor must be set up");
    /// The account has a second factor already, or its setup was not begun.
    SECOND_FACTOR_EXISTS = (409, "second-factor-exists", "Nothing to set up");
    /// An invitation is unknown, used or expired.
    INVITATION_REFUSED = (403, "invitation-refused", "Invitation refused");
    /// Only an administrator may do this.
    NOT_ADMIN = (403, "not-an-administrator", "Not an administrator");
    /// Another account has the address, or is that of the same person.
    ACCOUNT_EXISTS = (409, "account-exists", "Account exists");
    /// There were too many failed sign-ins.
    TOO_MANY_SIGN_INS = (429, "too-many-sign-ins", "Too many failed sign-ins");
    /// The service has as many keys as it may have.
    TOO_MANY_KEYS = (409, "too-many-keys", "Too many keys");
    /// The last administrator must stay.
    LAST_ADMIN = (409, "last-administrator", "Last administrator");
}

const RETRY_AFTER_SECONDS: u32 = 1;

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let unauthenticated = |kind: &'static ProblemType| {
            Self::new(kind).header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        };
        match error {
            AuthError::SignInFailed => {
                unauthenticated(&SIGN_IN_FAILED).detail("the e-mail address or the password is wrong")
            }
            AuthError::SessionEnded => unauthenticated(&NOT_SIGNED_IN)
                .detail("a valid access token is needed, of a session that has not ended"),
            AuthError::RefreshRefused => {
                unauthenticated(&REFRESH_REFUSED).detail("the refresh token is not valid; sign in again")
            }
            AuthError::PasswordChangeRequired => Self::new(&PASSWORD_CHANGE_REQUIRED)
                .detail("a one-time password is replaced when it is used: repeat the sign-in with newPassword")
                .field("/newPassword", "is required"),
            AuthError::SecondFactorRequired => Self::new(&SECOND_FACTOR_REQUIRED)
                .detail("repeat the sign-in with a code of the authenticator app, or with a recovery code")
                .field("/code", "is required"),
            AuthError::SecondFactorSetup(SecondFactorResource { secret, uri }) => Self::new(&SECOND_FACTOR_SETUP)
                .detail("add the secret to an authenticator app, and repeat the sign-in with a code of it")
                .field("/code", "is required")
                .extension("secret", secret.into())
                .extension("uri", uri.into()),
            AuthError::SecondFactorExists => Self::new(&SECOND_FACTOR_EXISTS)
                .detail("the account has a second factor already, or its setup was not begun"),
            AuthError::WrongCode => {
                Self::new(&types::VALIDATION_FAILED).field("/code", "must be a present code of the authenticator app")
            }
            AuthError::WeakPassword(must) => Self::new(&types::VALIDATION_FAILED).field("/newPassword", must),
            AuthError::AccountExists => Self::new(&ACCOUNT_EXISTS)
                .detail("there is an account of this e-mail address or name, or of this patient or practitioner"),
            AuthError::LastAdmin => Self::new(&LAST_ADMIN).detail("make somebody else an administrator first"),
            AuthError::KeyRefused => unauthenticated(&KEY_REFUSED).detail("the key of the service is not valid"),
            AuthError::InvitationRefused => Self::new(&INVITATION_REFUSED)
                .detail("the invitation is unknown, used or expired; ask the clinic for a new one"),
            AuthError::TooManyKeys => Self::new(&TOO_MANY_KEYS).detail("remove a key of the service first"),
            AuthError::ServiceName => {
                Self::new(&types::VALIDATION_FAILED).field("/name", "must have from 1 to 100 characters")
            }
            AuthError::UnknownAccount | AuthError::UnknownSession | AuthError::UnknownKey => {
                Self::new(&types::NOT_FOUND)
            }
            AuthError::TooManyFailures(seconds) => Self::new(&TOO_MANY_SIGN_INS)
                .detail("too many sign-ins to this account or from this network have failed")
                .retry_after(seconds),
            AuthError::Overloaded => Self::new(&types::OVERLOADED)
                .detail("too many passwords are being verified")
                .retry_after(RETRY_AFTER_SECONDS),
            AuthError::Database(_) => Self::new(&types::UNAVAILABLE)
                .detail("the accounts are not available")
                .because(error)
                .retry_after(RETRY_AFTER_SECONDS),
            AuthError::KeyIsNew
            | AuthError::NoMasterKey
            | AuthError::FirstAdmin
            | AuthError::SecondFactorRoles(_)
            | AuthError::Key(_)
            | AuthError::Crypto(_) => Self::new(&types::INTERNAL).because(error),
        }
    }
}
