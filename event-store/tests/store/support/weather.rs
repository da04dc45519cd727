//! A storm on the line: connections are cut at random, in every possible way.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::proxy::Direction;

/// Pseudorandom numbers (splitmix64), which are the same for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit.
    pub(crate) const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// The storm on all connections of a line, until it is over.
pub(crate) struct Weather {
    random: Mutex<Random>,
    /// How many chunks a connection carries before it is cut, on average.
    calm: u64,
    cuts: AtomicU64,
    over: AtomicBool,
}

impl Weather {
    pub(crate) fn new(seed: u64, calm: u64) -> Arc<Self> {
        Arc::new(Self {
            random: Mutex::new(Random::new(seed)),
            calm,
            cuts: AtomicU64::new(0),
            over: AtomicBool::new(false),
        })
    }

    /// How many connections were cut.
    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }

    pub(crate) fn is_over(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// The plan for a new connection.
    pub(crate) fn gust(self: &Arc<Self>) -> Mutex<Gust> {
        let mut random = Random::new(self.random.lock().unwrap().next());
        Mutex::new(Gust {
            pieces_left: 1 + random.below(2 * self.calm),
            random,
            deaf: None,
            weather: self.clone(),
        })
    }
}

/// What happens to a chunk of bytes.
pub(crate) enum Fate {
    Passed,
    Lost,
    /// This many bytes are forwarded; then the connection is closed.
    CutAfter(usize),
}

/// The storm on one connection.
pub(crate) struct Gust {
    random: Random,
    /// How many chunks pass before the next disturbance.
    pieces_left: u64,
    /// The direction in which everything is lost before the connection is cut.
    deaf: Option<Direction>,
    weather: Arc<Weather>,
}

impl Gust {
    pub(crate) fn fate_of(&mut self, direction: Direction, bytes: usize) -> Fate {
        if self.weather.over.load(Ordering::Relaxed) && self.deaf.is_none() {
            return Fate::Passed;
        }
        self.pieces_left = self.pieces_left.saturating_sub(1);
        match self.deaf {
            Some(_) if self.pieces_left == 0 => self.cut_after(0),
            Some(deaf) if deaf == direction => Fate::Lost,
            None if self.pieces_left == 0 => match self.random.below(4) {
                0 => {
                    let passed = self.random.below(bytes as u64 + 1);
                    self.cut_after(passed as usize)
                }
                1 => self.cut_after(bytes),
                _ => {
                    self.deaf = Some(direction);
                    self.pieces_left = 1 + self.random.below(4);
                    Fate::Lost
                }
            },
            _ => Fate::Passed,
        }
    }

    fn cut_after(&self, bytes: usize) -> Fate {
        self.weather.cuts.fetch_add(1, Ordering::Relaxed);
        Fate::CutAfter(bytes)
    }
}
