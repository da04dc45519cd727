//! The time limit of a call: the shorter of the client's `grpc-timeout` and the service's limit.

use std::time::Duration;

use tonic::metadata::MetadataMap;

/// The part of a client's deadline that is reserved for sending the response. A client should get a "deadline exceeded"
/// status rather than no response at all.
const FOR_THE_ANSWER: Duration = Duration::from_millis(20);

/// The time limit of the call.
pub(super) fn within(metadata: &MetadataMap, longest: Duration) -> Duration {
    let wanted = metadata.get("grpc-timeout").and_then(|value| value.to_str().ok());
    match wanted.and_then(parse) {
        Some(wanted) => (wanted - FOR_THE_ANSWER.min(wanted / 10)).min(longest),
        None => longest,
    }
}

/// Parses a timeout in the form of the gRPC protocol: at most eight digits and a unit. Anything else is ignored.
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(timeout: &str) -> Duration {
        let mut metadata = MetadataMap::new();
        metadata.insert("grpc-timeout", timeout.parse().expect("a value"));
        within(&metadata, Duration::from_secs(5))
    }

    #[test]
    fn the_shorter_of_the_two_limits_applies() {
        assert_eq!(
            within(&MetadataMap::new(), Duration::from_secs(5)),
            Duration::from_secs(5)
        );
        assert_eq!(of("1S"), Duration::from_millis(980));
        assert_eq!(of("100m"), Duration::from_millis(90));
        assert_eq!(of("2H"), Duration::from_secs(5));
        assert_eq!(of("0n"), Duration::ZERO);
    }

    #[test]
    fn an_invalid_timeout_is_ignored() {
        for text in ["S", "1", "1s", "-1S", "123456789S", "1.5S"] {
            assert_eq!(of(text), Duration::from_secs(5), "{text}");
        }
    }
}
