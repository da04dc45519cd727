//! Reads a backup line by line, a bounded distance ahead of the restorer.

use std::{
    io::{self, BufRead, BufReader, Read},
    mem, thread,
};

use tokio::sync::mpsc;

use crate::ndjson::{self, Line};

/// The maximum length of a line. NATS bounds the size of a commit, and a line is only slightly larger than its commit.
const MAX_LINE_BYTES: u64 = 16 << 20;
/// The maximum number of lines and bytes in a batch.
const BATCH_LINES: usize = 16;
const BATCH_BYTES: usize = 4 << 20;
/// The number of batches that may wait to be stored.
const WAITING_BATCHES: usize = 2;

/// A line with its number, or the reason why it is invalid.
#[derive(Debug)]
pub(super) struct Numbered {
    /// The line number, from 1.
    pub(super) number: u64,
    pub(super) line: Result<Line, String>,
}

/// Reads and parses lines on a separate thread, until the input ends or the receiver is dropped.
pub(super) fn read(input: impl Read + Send + 'static) -> mpsc::Receiver<io::Result<Vec<Numbered>>> {
    let (sender, receiver) = mpsc::channel(WAITING_BATCHES);
    thread::spawn(move || {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let outcome = each_line(BufReader::new(input), |numbered, length| {
            batch.push(numbered);
            bytes += length;
            if batch.len() < BATCH_LINES && bytes < BATCH_BYTES {
                return true;
            }
            bytes = 0;
            sender.blocking_send(Ok(mem::take(&mut batch))).is_ok()
        });
        // The receiver may be gone.
        let _ = sender.blocking_send(Ok(batch));
        if let Err(error) = outcome {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// Passes each non-empty line to `hand_out`, until it returns false.
fn each_line(mut input: impl BufRead, mut hand_out: impl FnMut(Numbered, usize) -> bool) -> io::Result<()> {
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        let length = input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut text)?;
        if length == 0 {
            break;
        }
        let too_long = length as u64 == MAX_LINE_BYTES && text.last() != Some(&b'\n');
        let line = match too_long {
            true => Err(format!(
                "the line is longer than {MAX_LINE_BYTES} bytes; nothing after it was read"
            )),
            false if text.trim_ascii().is_empty() => continue,
            // With its line break, a truncated text would be reported as a text that contains a control character.
            false => ndjson::parse(text.trim_ascii_end()),
        };
        if !hand_out(Numbered { number, line }, length) || too_long {
            break;
        }
    }
    Ok(())
}
