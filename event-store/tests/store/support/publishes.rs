//! Finds a chosen place in what a client sends: an event of a batch, or the middle of one.

/// A place among the events that are published from now on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// In the middle of an event. The first is number 1.
    Within(usize),
    /// Behind an event.
    After(usize),
}

/// Follows what a client sends, from its first byte. Only events are published with headers.
#[derive(Default)]
pub(crate) struct Publishes {
    line: Vec<u8>,
    /// How much there is still to come of a message, with the line's end behind it.
    left: usize,
    /// Where in its message an event is cut.
    cut_at: Option<usize>,
}

impl Publishes {
    /// Reads on. Answers how many of the bytes come before the place of the cut, which is taken when it is reached.
    pub(crate) fn cut_of(&mut self, bytes: &[u8], cut: &mut Option<Cut>) -> Option<usize> {
        bytes.iter().position(|byte| self.reaches(*byte, cut)).map(|at| at + 1)
    }

    /// Reads one byte. Answers whether the cut comes behind it.
    fn reaches(&mut self, byte: u8, cut: &mut Option<Cut>) -> bool {
        if self.left == 0 {
            self.line.push(byte);
            if byte == b'\n' {
                self.begin(cut);
            }
            return false;
        }
        self.left -= 1;
        let reached = self.cut_at == Some(self.left);
        if reached {
            *cut = None;
            self.cut_at = None;
        }
        reached
    }

    /// Takes a line: a message may follow it, and that may be the event to cut at.
    fn begin(&mut self, cut: &mut Option<Cut>) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        let mut words = line.split_whitespace();
        let operation = words.next().unwrap_or_default();
        if !["PUB", "HPUB"].contains(&operation) {
            return;
        }
        let size: usize = words.next_back().and_then(|size| size.parse().ok()).unwrap();
        self.left = size + 2;
        if operation == "HPUB" {
            match cut {
                Some(Cut::Within(1)) => self.cut_at = Some(self.left / 2),
                Some(Cut::After(1)) => self.cut_at = Some(0),
                Some(Cut::Within(number) | Cut::After(number)) => *number -= 1,
                None => {}
            }
        }
    }
}
