//! Aggregate ids, and the check that a text is a valid token of a name or subject.

use std::{fmt, sync::Arc};

use crate::StreamDefinition;

/// Identifies an aggregate by its stream, type and id.
///
/// ```
/// use event_store::{AggregateId, StreamDefinition};
///
/// static SHOP: StreamDefinition = StreamDefinition { name: "SHOP", subject: "shop.log", models: &[] };
///
/// let order = AggregateId::new(&SHOP, "order", "4711")?;
/// assert_eq!(order.to_string(), "order/4711");
/// assert!(AggregateId::new(&SHOP, "order", "47.11").is_err());
/// # Ok::<(), event_store::InvalidToken>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AggregateId {
    stream: &'static StreamDefinition,
    aggregate_type: &'static str,
    id: Arc<str>,
}

/// An id or a name is empty, too long, or contains a character that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 characters, each a letter, a digit, `-` or `_`")]
pub struct InvalidToken;

/// Checks that a text is a valid token of a name or subject.
///
/// # Errors
/// The text is empty, longer than 128 characters, or contains a character other than an ASCII letter, a digit, `-` or
/// `_`.
pub fn check_token(token: &str) -> Result<(), InvalidToken> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if token.is_empty() || token.len() > 128 || !token.bytes().all(allowed) {
        return Err(InvalidToken);
    }
    Ok(())
}

impl AggregateId {
    /// Creates the id of an aggregate.
    ///
    /// # Errors
    /// The type or the id is not a valid token; see [`check_token`].
    pub fn new(
        stream: &'static StreamDefinition,
        aggregate_type: &'static str,
        id: impl Into<String>,
    ) -> Result<Self, InvalidToken> {
        let id: String = id.into();
        check_token(aggregate_type)?;
        check_token(&id)?;
        Ok(Self {
            stream,
            aggregate_type,
            id: id.into(),
        })
    }

    /// The stream that holds the aggregate.
    #[must_use]
    pub const fn stream(&self) -> &'static StreamDefinition {
        self.stream
    }

    /// The aggregate's type.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        self.aggregate_type
    }

    /// The aggregate's id, unique within its type.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for AggregateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ORDERS;

    #[test]
    fn an_id_is_one_token() {
        for bad in ["", "a.b", "a*", ">", "a b", "é"] {
            assert_eq!(AggregateId::new(&ORDERS, "order", bad), Err(InvalidToken), "{bad}");
        }
    }
}
