//! Reads a backup line by line, ahead of whoever stores it, and within bounds.

use std::{
    io::{self, BufRead, BufReader, Read},
    mem, thread,
};

use tokio::sync::mpsc;

use crate::ndjson::{self, Line};

/// The longest line that is read. A commit is no larger than NATS takes, and a line is little larger than its commit.
const MAX_LINE_BYTES: u64 = 16 << 20;
/// How many lines, and how many bytes of them, are handed on together.
const BATCH_LINES: usize = 16;
const BATCH_BYTES: usize = 4 << 20;
/// How many batches may wait to be stored.
const WAITING_BATCHES: usize = 2;

/// A line, and what it says or what is wrong with it.
#[derive(Debug)]
pub(super) struct Numbered {
    /// Its number, from 1.
    pub(super) number: u64,
    pub(super) line: Result<Line, String>,
}

/// Reads and parses lines on a thread of their own. It ends at the input's end, and when nobody wants more.
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
        // Nobody may be there any more to be told.
        let _ = sender.blocking_send(Ok(batch));
        if let Err(error) = outcome {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// Hands out lines, without those that are empty, until somebody says that it is enough.
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
                "it is longer than {MAX_LINE_BYTES} bytes; nothing after it was read"
            )),
            false if text.trim_ascii().is_empty() => continue,
            // The line's end would count as a character of a text that is cut off.
            false => ndjson::parse(text.trim_ascii_end()),
        };
        if !hand_out(Numbered { number, line }, length) || too_long {
            break;
        }
    }
    Ok(())
}
