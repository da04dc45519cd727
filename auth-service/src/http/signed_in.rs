//! Who sends a request, by its access token.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use domain::access::{Action, permits};
use http_edge::Problem;

use super::problems::NOT_ADMIN;
use crate::{Auth, AuthError, sign_in::SignedIn};

/// An administrator of the accounts.
pub(super) struct Admin;

impl FromRequestParts<Auth> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or(AuthError::SessionEnded)?;
        Ok(auth.signed_in(token).await?)
    }
}

impl FromRequestParts<Auth> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Problem> {
        let who = SignedIn::from_request_parts(parts, auth).await?;
        match permits(who.account.rights.roles(), Action::ManageSignIns) {
            Some(_) => Ok(Self),
            None => Err(Problem::new(&NOT_ADMIN).detail("only an administrator manages accounts")),
        }
    }
}

/// The token of the only `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn one_bearer_token_is_read() {
        let headers = |values: &[&'static str]| -> HeaderMap {
            let values = values
                .iter()
                .map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value)));
            values.collect()
        };
        assert_eq!(bearer(&headers(&["Bearer abc"])), Some("abc"));
        assert_eq!(bearer(&headers(&["bearer  abc"])), Some("abc"));
        for wrong in [&[][..], &["abc"], &["Basic abc"], &["Bearer"]] {
            assert_eq!(bearer(&headers(wrong)), None, "{wrong:?}");
        }
        let mut two = headers(&["Bearer abc"]);
        two.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer def"));
        assert_eq!(bearer(&two), None);
    }
}
