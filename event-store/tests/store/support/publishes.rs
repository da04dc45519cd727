//! Finds a chosen place in a client's bytes: after a publish with headers, or in the middle of one.

/// A place among the next published commits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// In the middle of a commit. The first is number 1.
    Within(usize),
    /// After a commit.
    After(usize),
}

/// Follows a client's bytes from the first one. Only commits are published with headers.
#[derive(Default)]
pub(crate) struct Publishes {
    line: Vec<u8>,
    /// How many bytes of a message are left, including its line end.
    left: usize,
    /// The offset in its message at which a commit is cut.
    cut_at: Option<usize>,
}

impl Publishes {
    /// Reads bytes. Returns how many of them come before the cut, which is consumed when it is reached.
    pub(crate) fn cut_of(&mut self, bytes: &[u8], cut: &mut Option<Cut>) -> Option<usize> {
        bytes.iter().position(|byte| self.reaches(*byte, cut)).map(|at| at + 1)
    }

    /// Reads one byte. Returns whether the cut comes after it.
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

    /// Reads a protocol line. A message may follow it, and that may be the commit to cut.
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
