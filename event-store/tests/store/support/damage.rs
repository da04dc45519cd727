//! Damage to a stream's files while its server is stopped.

use std::{
    fs,
    path::{Path, PathBuf},
};

use embedded::testing::PrivateServers;

use super::Place;

/// The files of the stream of orders on a private server.
pub(crate) struct StreamFiles(PathBuf);

impl StreamFiles {
    pub(crate) fn of(servers: &PrivateServers, place: &Place) -> Self {
        let streams = servers.servers().data_dir().join("nats/jetstream/$G/streams");
        Self(streams.join(place.stream_name()).join("msgs"))
    }

    /// Flips one bit of the first message that holds this text.
    pub(crate) fn flip_bit_in(&self, text: &str) {
        for block in self.blocks() {
            let mut bytes = fs::read(&block).unwrap();
            let found = bytes.windows(text.len()).position(|window| window == text.as_bytes());
            if let Some(index) = found {
                bytes[index] ^= 1;
                fs::write(&block, bytes).unwrap();
                return;
            }
        }
        panic!("no message holds {text}");
    }

    /// Cuts bytes off the end of the last block.
    pub(crate) fn cut_off(&self, bytes: u64) {
        let block = self.blocks().pop().unwrap();
        let file = fs::OpenOptions::new().write(true).open(&block).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length - bytes).unwrap();
    }

    /// Removes the index, as if the server had been killed: the next start reads all blocks.
    pub(crate) fn forget_index(&self) {
        fs::remove_file(self.0.join("index.db")).unwrap();
    }

    fn blocks(&self) -> Vec<PathBuf> {
        let is_block = |path: &Path| path.extension().is_some_and(|extension| extension == "blk");
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let mut blocks: Vec<PathBuf> = entries.filter(|path| is_block(path)).collect();
        blocks.sort();
        blocks
    }
}
