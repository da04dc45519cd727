//! Reads arbitrary messages: the commit, then the events in its body. A message is written as a header a line
//! (`name: value`), an empty line, and the body.
#![no_main]

use bytes::Bytes;
use event_store::{Commit, HeaderMap, StreamDefinition, decode};
use libfuzzer_sys::fuzz_target;
use events::Event;

/// A stream of the log. It is named here, because the crate that names them all brings servers along.
static STREAM: StreamDefinition = StreamDefinition {
    name: "PATIENTS",
    subject: "patients.log",
    models: &[],
};

fuzz_target!(|message: &[u8]| {
    let (head, body) = split(message);
    let head = String::from_utf8_lossy(head);
    let headers = headers(head.split('\n'));
    match decode(&STREAM, 41, headers.as_ref(), Bytes::copy_from_slice(body)) {
        Ok(commit) => {
            assert_ne!(commit.hash(), commit.previous_hash);
            for (recorded, index) in commit.events.iter().zip(0..) {
                assert_eq!((recorded.position, recorded.index), (41, index));
                let _ = Event::decode(
                    &recorded.aggregate_type,
                    &recorded.event_type,
                    recorded.schema_version,
                    &recorded.data,
                );
            }
            let again = Commit::from_parts(
                commit.stream,
                commit.position,
                commit.id,
                commit.previous_hash,
                commit.receipts.clone(),
                commit.body().clone(),
            );
            assert_eq!(again.map(|commit| commit.events), Ok(commit.events));
        }
        Err(error) => assert!(error.to_string().starts_with("stream PATIENTS, sequence 41: ")),
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
