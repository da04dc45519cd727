//! Reads arbitrary bytes as the body of every event in every version, those that do not exist included. What can be
//! read is written and read again as the same event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use events::{CATALOGUE, Event};

fuzz_target!(|body: &[u8]| {
    for aggregate in CATALOGUE {
        for name in aggregate.events {
            for version in 0..=name.schema_version + 1 {
                let Ok(event) = Event::decode(aggregate.aggregate_type, name.event_type, version, body) else {
                    continue;
                };
                let written = event.encode().expect("what was read can be written");
                assert_eq!(written.name, *name);
                let again = Event::decode(
                    aggregate.aggregate_type,
                    name.event_type,
                    name.schema_version,
                    written.data.to_string().as_bytes(),
                );
                assert_eq!(again, Ok(event), "what was written can be read");
            }
        }
    }
});
