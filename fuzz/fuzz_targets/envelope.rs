//! Reads arbitrary messages: the envelope, then the event in the body. A message is written as its subject, a header a
//! line (`name: value`), an empty line, and the body.
#![no_main]

use bytes::Bytes;
use event_store::{HeaderMap, StreamDefinition, decode, subject};
use libfuzzer_sys::fuzz_target;
use schemas::Event;

/// The streams of the log. They are named here, because the crate that names them brings servers along.
static STREAMS: [StreamDefinition; 4] = [
    StreamDefinition {
        name: "PATIENTS",
        root: "patient",
    },
    StreamDefinition {
        name: "SCHEDULING",
        root: "scheduling",
    },
    StreamDefinition {
        name: "PRESCRIBING",
        root: "prescribing",
    },
    StreamDefinition {
        name: "BILLING",
        root: "billing",
    },
];

fuzz_target!(|message: &[u8]| {
    let (head, body) = split(message);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split('\n');
    let on = lines.next().unwrap_or_default();
    let headers = headers(lines);
    for stream in &STREAMS {
        match decode(stream, on, 41, headers.as_ref(), Bytes::copy_from_slice(body)) {
            Ok(recorded) => {
                assert_eq!(subject::of_event(&recorded), on);
                assert_ne!(recorded.hash(), recorded.previous_hash);
                let _ = Event::decode(
                    &recorded.aggregate_type,
                    &recorded.event_type,
                    recorded.schema_version,
                    &recorded.data,
                );
            }
            Err(error) => {
                let place = format!("stream {}, sequence 41, subject {on}: ", stream.name);
                assert!(error.to_string().starts_with(&place));
            }
        }
    }
});

/// The head and the body.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&message[..end], &message[end + 2..]),
        None => (message, &[]),
    }
}

/// The headers that the client can hand over: it takes no control characters in them. None where there is no line.
fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Option<HeaderMap> {
    let mut headers = None;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let nameable = name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        if nameable && !name.is_empty() && !value.contains('\r') {
            headers.get_or_insert_with(HeaderMap::new).append(name, value);
        }
    }
    headers
}
