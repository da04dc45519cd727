//! The subject grammar: `[namespace.]root.aggregate-type.aggregate-id.bucket.version`.
//!
//! The bucket is there for reading: the server hands out at most 1,024 subjects in one round trip, so an aggregate's
//! versions are laid down a thousand to a bucket, and all but the longest lives are read with one question.

use std::{fmt, sync::Arc};

use crate::{RecordedEvent, StreamDefinition};

/// How many versions share a bucket.
pub const VERSIONS_PER_BUCKET: u64 = 1_000;

/// Names an aggregate: the stream it lives in, its type, its id.
///
/// ```
/// use event_store::{AggregateId, StreamDefinition};
///
/// static SHOP: StreamDefinition = StreamDefinition { name: "SHOP", root: "shop" };
///
/// let order = AggregateId::new(&SHOP, "order", "4711")?;
/// assert_eq!(order.to_string(), "order/4711");
/// assert_eq!(order.subject(1), "shop.order.4711.0.1");
/// assert!(AggregateId::new(&SHOP, "order", "47.11").is_err());
/// # Ok::<(), event_store::InvalidToken>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AggregateId {
    stream: &'static StreamDefinition,
    aggregate_type: &'static str,
    id: Arc<str>,
}

/// An id or a name cannot stand in a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 characters, each a letter, a digit, `-` or `_`")]
pub struct InvalidToken;

/// Checks that a text can stand as one token of a subject.
///
/// # Errors
/// It is empty, too long, or holds a character other than an ASCII letter, a digit, `-` or `_`.
pub fn check_token(token: &str) -> Result<(), InvalidToken> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if token.is_empty() || token.len() > 128 || !token.bytes().all(allowed) {
        return Err(InvalidToken);
    }
    Ok(())
}

impl AggregateId {
    /// Names an aggregate.
    ///
    /// # Errors
    /// The type or the id cannot stand in a subject.
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

    /// The stream it lives in.
    #[must_use]
    pub const fn stream(&self) -> &'static StreamDefinition {
        self.stream
    }

    /// Its type.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        self.aggregate_type
    }

    /// Its id, unique among the aggregates of its type.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The subject of one of its events, without a namespace.
    #[must_use]
    pub fn subject(&self, version: u64) -> String {
        format!("{}.{version}", self.bucket_prefix(bucket_of(version)))
    }

    /// The filter that matches all events in one of its buckets, without a namespace.
    #[must_use]
    pub fn bucket_filter(&self, bucket: u64) -> String {
        format!("{}.*", self.bucket_prefix(bucket))
    }

    fn bucket_prefix(&self, bucket: u64) -> String {
        bucket_prefix(self.stream, self.aggregate_type, &self.id, bucket)
    }
}

fn bucket_prefix(stream: &StreamDefinition, aggregate_type: &str, id: &str, bucket: u64) -> String {
    format!("{}.{aggregate_type}.{id}.{bucket}", stream.root)
}

/// The subject that an event was read from, without a namespace.
#[must_use]
pub fn of_event(event: &RecordedEvent) -> String {
    of_version(event, event.version)
}

/// The subject of another event of the same aggregate, without a namespace.
pub(crate) fn of_version(event: &RecordedEvent, version: u64) -> String {
    let bucket = bucket_of(version);
    let prefix = bucket_prefix(event.stream, &event.aggregate_type, &event.aggregate_id, bucket);
    format!("{prefix}.{version}")
}

impl fmt::Display for AggregateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.id)
    }
}

/// The bucket that a version is laid down in. Versions count from 1.
#[must_use]
pub const fn bucket_of(version: u64) -> u64 {
    version.saturating_sub(1) / VERSIONS_PER_BUCKET
}

/// What a subject says of its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// The aggregate's type.
    pub aggregate_type: &'a str,
    /// The aggregate's id.
    pub aggregate_id: &'a str,
    /// The aggregate's version after the event.
    pub version: u64,
}

/// Reads a subject, without its namespace. Answers nothing when it is not of this grammar.
///
/// ```
/// use event_store::{StreamDefinition, subject};
///
/// let shop = StreamDefinition { name: "SHOP", root: "shop" };
/// let parsed = subject::parse(&shop, "shop.order.4711.1.1001").expect("a subject of the shop");
/// assert_eq!((parsed.aggregate_id, parsed.version), ("4711", 1_001));
/// // Version 1001 is laid down in bucket 1.
/// assert_eq!(subject::parse(&shop, "shop.order.4711.0.1001"), None);
/// ```
#[must_use]
pub fn parse<'a>(stream: &StreamDefinition, subject: &'a str) -> Option<Parsed<'a>> {
    let mut tokens = subject.strip_prefix(stream.root)?.strip_prefix('.')?.split('.');
    let (aggregate_type, aggregate_id) = (tokens.next()?, tokens.next()?);
    let (bucket, version) = (number(tokens.next()?)?, number(tokens.next()?)?);
    let well_formed = tokens.next().is_none() && version > 0 && bucket == bucket_of(version);
    well_formed.then_some(Parsed {
        aggregate_type,
        aggregate_id,
        version,
    })
}

/// A number in the one way in which this store writes it: two spellings would be two subjects of one event.
fn number(token: &str) -> Option<u64> {
    token.parse().ok().filter(|number: &u64| number.to_string() == token)
}

#[cfg(test)]
mod tests {
    use super::*;

    static ORDERS: StreamDefinition = StreamDefinition {
        name: "ORDERS",
        root: "ordering",
    };

    #[test]
    fn a_subject_ends_in_bucket_and_version_and_reads_back() {
        let order = AggregateId::new(&ORDERS, "order", "a-1").expect("a plain id");
        for (version, expected) in [
            (1, "ordering.order.a-1.0.1"),
            (1_000, "ordering.order.a-1.0.1000"),
            (1_001, "ordering.order.a-1.1.1001"),
        ] {
            let subject = order.subject(version);
            assert_eq!(subject, expected);
            let parsed = parse(&ORDERS, &subject).expect("of this grammar");
            assert_eq!(
                (parsed.aggregate_type, parsed.aggregate_id, parsed.version),
                ("order", "a-1", version)
            );
        }
        assert_eq!(order.bucket_filter(2), "ordering.order.a-1.2.*");
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for foreign in [
            "ordering",
            "ordering.order",
            "ordering.order.a-1.0",
            "ordering.order.a-1.0.0",
            "ordering.order.a-1.1.1",
            "ordering.order.a-1.0.x",
            "ordering.order.a-1.0.01",
            "ordering.order.a-1.0.+1",
            "ordering.order.a-1.0.1.2",
            "billing.order.a-1.0.1",
        ] {
            assert_eq!(parse(&ORDERS, foreign), None, "{foreign}");
        }
    }

    #[test]
    fn an_id_is_one_token() {
        for bad in ["", "a.b", "a*", ">", "a b", "é"] {
            assert_eq!(AggregateId::new(&ORDERS, "order", bad), Err(InvalidToken), "{bad}");
        }
    }
}
