//! Passwords: what they must be, and their Argon2id hashes. A hash costs 19 MiB and tens of milliseconds, so few are
//! computed at once, on blocking threads, and few more may wait.

use std::{fmt, sync::Arc};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};
use settings::AuthSettings;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::{Score, zxcvbn};

use crate::{AuthError, secrets};

/// The cost that OWASP recommends: 19 MiB of memory, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 128;

/// Hashes and verifies passwords. Clones share the bounds.
#[derive(Clone)]
pub(crate) struct Passwords(Arc<Inner>);

struct Inner {
    argon2: Argon2<'static>,
    working: Arc<Semaphore>,
    /// Those that work and those that wait.
    admitted: Semaphore,
    /// The hash of a password that nobody knows: verifying it costs as much as verifying a real one.
    nobodys: String,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords(..)")
    }
}

impl Passwords {
    pub(crate) fn new(settings: &AuthSettings) -> Result<Self, AuthError> {
        let params =
            Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| AuthError::Crypto("Argon2 parameters"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobodys = hash(&argon2, &secrets::one_time_password()?)?;
        let working = settings.concurrent_hashes;
        Ok(Self(Arc::new(Inner {
            argon2,
            working: Arc::new(Semaphore::new(working)),
            admitted: Semaphore::new(working.saturating_add(settings.waiting_hashes)),
            nobodys,
        })))
    }

    /// Whether a password has this hash. Without a hash, the answer is no after the same work.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, AuthError> {
        let password = normalised(password);
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.0.nobodys).to_owned();
        self.work(move |argon2| argon2.verify_password(password.as_bytes(), hash.as_str()).is_ok() && known)
            .await
    }

    /// The hash of a password that a person chose. `about` are words that make a password easy to guess.
    pub(crate) async fn accept(&self, password: &str, about: &[&str]) -> Result<String, AuthError> {
        let password = normalised(password);
        let chars = password.chars().count();
        if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
            return Err(AuthError::WeakPassword("must have from 12 to 128 characters"));
        }
        let about: Vec<String> = about.iter().map(|word| (*word).to_owned()).collect();
        self.work(move |argon2| {
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            if zxcvbn(&password, &about).score() < Score::Three {
                return Err(AuthError::WeakPassword(
                    "is too easy to guess: use more words, or rarer ones",
                ));
            }
            self::hash(argon2, &password)
        })
        .await?
    }

    /// The hash of a generated password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, AuthError> {
        let password = normalised(password);
        self.work(move |argon2| self::hash(argon2, &password)).await?
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Argon2<'_>) -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        let Ok(_admitted) = self.0.admitted.try_acquire() else {
            return Err(AuthError::Overloaded);
        };
        let permit = Arc::clone(&self.0.working).acquire_owned().await;
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            // It belongs to the work: a client that goes away does not end a computation that has begun.
            let _permit = permit;
            job(&inner.argon2)
        });
        done.await
            .map_err(|_| AuthError::Crypto("a password could not be hashed"))
    }
}

/// Two ways of typing the same characters are one password.
fn normalised(password: &str) -> String {
    password.nfc().collect()
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, AuthError> {
    let salt = secrets::random()?;
    let hash = argon2
        .hash_password_with_salt(password.as_bytes(), &salt[..16])
        .map_err(|_| AuthError::Crypto("a password could not be hashed"))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(concurrent_hashes: usize, waiting_hashes: usize) -> Passwords {
        let settings = settings::Settings::defaults().unwrap().auth;
        Passwords::new(&AuthSettings {
            concurrent_hashes,
            waiting_hashes,
            ..settings
        })
        .unwrap()
    }

    #[tokio::test]
    async fn only_the_same_password_has_the_hash() {
        let passwords = passwords(2, 2);
        let hash = passwords.accept("marble otter sings 27", &[]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("marble otter sings 27", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("marble otter sings 28", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("marble otter sings 27", None).await.unwrap());
        assert!(
            !passwords
                .verify("marble otter sings 27", Some("damaged"))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn two_ways_of_typing_an_accent_are_the_same_password() {
        let passwords = passwords(1, 1);
        let hash = passwords.hash("caf\u{e9} on the moon").await.unwrap();
        assert!(passwords.verify("cafe\u{301} on the moon", Some(&hash)).await.unwrap());
    }

    #[tokio::test]
    async fn short_long_and_guessable_passwords_are_refused() {
        let passwords = passwords(1, 1);
        let long = "marble otter sings 27 ".repeat(10);
        let about = ["ada.lovelace@clinic.example", "ada.lovelace"];
        for weak in [
            "",
            "marble ott!",
            &long,
            "password1234",
            "aaaaaaaaaaaaaaaa",
            "ada.lovelace1",
        ] {
            let refused = passwords.accept(weak, &about).await;
            assert!(matches!(refused, Err(AuthError::WeakPassword(_))), "{weak}");
        }
    }

    #[tokio::test]
    async fn more_than_can_wait_are_refused_at_once() {
        let passwords = passwords(1, 1);
        let verify = || passwords.verify("marble otter sings 27", None);
        let (one, two, three) = tokio::join!(verify(), verify(), verify());
        assert!(matches!((one, two), (Ok(false), Ok(false))));
        assert!(matches!(three, Err(AuthError::Overloaded)));
        assert!(verify().await.is_ok(), "there is room again");
    }

    #[tokio::test]
    async fn an_unknown_account_takes_the_same_work_as_a_known_one() {
        let passwords = passwords(1, 1);
        let known = passwords.hash("marble otter sings 27").await.unwrap();
        let cost = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(cost(&passwords.0.nobodys), cost(&known));
        assert_eq!(cost(&known).as_deref(), Some("$argon2id$v=19$m=19456,t=2,p=1"));
    }
}
