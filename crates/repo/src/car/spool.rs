//! All blocks of a CAR file, to be read in another order than they came in.
//!
//! A small file stays in memory. A larger one goes to a temporary file, with 16 bytes in memory for
//! each block. Blocks that are read in the order they came in are found without looking.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

use syntax::Cid;
use thiserror::Error;

/// How many blocks are indexed before the index gets another sorted run.
const RUN_BLOCKS: usize = 1 << 18;
/// How many bytes of blocks wait for the file, once there is one.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// How many bytes are read at once where nothing says that the next will be wanted.
const WINDOW_BYTES: usize = 4 << 10;
/// How many bytes are read at once where reading goes on where it was.
const WINDOW_BYTES_AHEAD: usize = 256 << 10;
/// The bytes before each block: its CID and its length.
const HEAD_BYTES: usize = 36 + 4;

/// Blocks by CID, in memory or in a temporary file.
pub struct Spool<F, O> {
    memory_bytes_max: usize,
    /// The newest blocks: all of them, or those that are not in the file yet.
    buffer: Vec<u8>,
    /// How many bytes are in the file; the buffer comes after them.
    file_bytes: u64,
    file: Option<F>,
    open: O,
    /// A piece of the file, and where it begins.
    window: Vec<u8>,
    window_begin: u64,
    index: Index,
    /// Where the next block is if blocks are asked for in the order that they came in.
    cursor: u64,
    blocks: u64,
}

/// Where the blocks are: sorted runs, and the entries that are not sorted yet.
#[derive(Default)]
struct Index {
    runs: Vec<Vec<(u64, u64)>>,
    newest: Vec<(u64, u64)>,
    newest_is_sorted: bool,
}

/// Says why blocks could not be put aside or read back.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// The temporary file failed.
    #[error("temporary file failed")]
    File(#[from] io::Error),
    /// The temporary file no longer holds what was written to it.
    #[error("temporary file was changed")]
    Changed,
}

impl<F: Read + Write + Seek, O: FnMut() -> io::Result<F>> Spool<F, O> {
    /// Makes a spool that holds up to so many bytes of blocks in memory, and asks `open` for an
    /// empty file when there are more.
    pub fn new(memory_bytes_max: usize, open: O) -> Self {
        Self {
            memory_bytes_max,
            buffer: Vec::new(),
            file_bytes: 0,
            file: None,
            open,
            window: Vec::new(),
            window_begin: 0,
            index: Index::default(),
            cursor: 0,
            blocks: 0,
        }
    }

    /// Adds a block. That it has the CID is the caller's to know.
    ///
    /// # Errors
    ///
    /// [`SpoolError`] if the file could not be made or written.
    pub fn push(&mut self, cid: &Cid, block: &[u8]) -> Result<(), SpoolError> {
        let most = match self.file {
            Some(_) => self.memory_bytes_max.min(WAITING_BYTES_MAX),
            None => self.memory_bytes_max,
        };
        if self.buffer.len() + HEAD_BYTES + block.len() > most {
            self.spill()?;
        }
        self.index.push(fingerprint(cid), self.end());
        let length = u32::try_from(block.len()).map_err(|_| io::ErrorKind::InvalidInput);
        let length = length.map_err(io::Error::from)?;
        self.buffer.extend_from_slice(&cid.to_bytes());
        self.buffer.extend_from_slice(&length.to_be_bytes());
        self.buffer.extend_from_slice(block);
        self.blocks += 1;
        Ok(())
    }

    /// Returns how many blocks were added, doubles included.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Returns how many bytes were written to the temporary file.
    pub fn spilled_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Returns a block.
    ///
    /// # Errors
    ///
    /// [`SpoolError`] if the file failed, or does not hold any more what was written to it.
    pub fn get(&mut self, cid: &Cid) -> Result<Option<&[u8]>, SpoolError> {
        let place = match self.is_at(self.cursor, cid)? {
            true => Some(self.cursor),
            false => self.find(cid)?,
        };
        let Some(place) = place else { return Ok(None) };
        let head = self.read(place, HEAD_BYTES)?;
        let length = head[36..].try_into().map_err(|_| SpoolError::Changed)?;
        let length =
            usize::try_from(u32::from_be_bytes(length)).map_err(|_| SpoolError::Changed)?;
        let begin = place + to_u64(HEAD_BYTES);
        self.cursor = begin + to_u64(length);
        let spilled = place < self.file_bytes;
        let block = self.read(begin, length)?;
        // What was on a disk since it was hashed is not trusted unseen.
        if spilled && !cid.is_of(block) {
            return Err(SpoolError::Changed);
        }
        Ok(Some(block))
    }

    fn end(&self) -> u64 {
        self.file_bytes + to_u64(self.buffer.len())
    }

    fn spill(&mut self) -> Result<(), SpoolError> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert((self.open)()?),
        };
        file.seek(SeekFrom::Start(self.file_bytes))?;
        file.write_all(&self.buffer)?;
        self.file_bytes += to_u64(self.buffer.len());
        self.buffer.clear();
        self.buffer.shrink_to(WAITING_BYTES_MAX);
        Ok(())
    }

    /// Looks a block up in the index.
    fn find(&mut self, cid: &Cid) -> Result<Option<u64>, SpoolError> {
        for place in self.index.find(fingerprint(cid)) {
            if self.is_at(place, cid)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    fn is_at(&mut self, place: u64, cid: &Cid) -> Result<bool, SpoolError> {
        if place >= self.end() {
            return Ok(false);
        }
        Ok(self.read(place, 36)? == cid.to_bytes())
    }

    fn read(&mut self, place: u64, length: usize) -> Result<&[u8], SpoolError> {
        let (bytes, begin) = if place >= self.file_bytes {
            (&self.buffer, self.file_bytes)
        } else {
            self.fill_window(place, length)?;
            (&self.window, self.window_begin)
        };
        let begin = usize::try_from(place - begin).map_err(|_| SpoolError::Changed)?;
        bytes.get(begin..begin + length).ok_or(SpoolError::Changed)
    }

    /// Makes sure that the window has a piece of the file.
    fn fill_window(&mut self, place: u64, length: usize) -> Result<(), SpoolError> {
        let window_end = self.window_begin + to_u64(self.window.len());
        if place >= self.window_begin && place + to_u64(length) <= window_end {
            return Ok(());
        }
        let goes_on = place >= self.window_begin && place <= window_end && window_end > 0;
        let wanted = if goes_on { WINDOW_BYTES_AHEAD } else { WINDOW_BYTES }.max(length);
        let there = usize::try_from(self.file_bytes - place).unwrap_or(usize::MAX);
        let file = self.file.as_mut().ok_or(SpoolError::Changed)?;
        file.seek(SeekFrom::Start(place))?;
        // Emptied first: after an error there must be nothing in it that is not from the file.
        self.window.clear();
        self.window.resize(wanted.min(there), 0);
        self.window_begin = place;
        if let Err(error) = file.read_exact(&mut self.window) {
            self.window.clear();
            return Err(error.into());
        }
        Ok(())
    }
}

impl Index {
    fn push(&mut self, fingerprint: u64, place: u64) {
        if self.newest.len() == RUN_BLOCKS {
            self.sort();
            let full = std::mem::replace(&mut self.newest, Vec::with_capacity(RUN_BLOCKS));
            self.runs.push(full);
        }
        self.newest.push((fingerprint, place));
        self.newest_is_sorted = false;
    }

    fn sort(&mut self) {
        if !self.newest_is_sorted {
            self.newest.sort_unstable();
            self.newest_is_sorted = true;
        }
    }

    /// Returns the places of all blocks with a fingerprint.
    fn find(&mut self, fingerprint: u64) -> Vec<u64> {
        self.sort();
        let runs = self.runs.iter().chain([&self.newest]);
        let places = runs.flat_map(|run| {
            let begin = first_at(run, fingerprint);
            let same = move |(other, _): &&(u64, u64)| *other == fingerprint;
            run[begin..].iter().take_while(same).map(|(_, place)| *place)
        });
        places.collect()
    }
}

impl<F, O> fmt::Debug for Spool<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool")
            .field("blocks", &self.blocks)
            .field("file_bytes", &self.file_bytes)
            .finish_non_exhaustive()
    }
}

/// Returns the index of the first entry of a sorted run that is not below a fingerprint.
///
/// Fingerprints are spread evenly, so that the search begins close to the place and touches little of
/// a run, which may be cold: a large file has many.
fn first_at(run: &[(u64, u64)], fingerprint: u64) -> usize {
    let length = u128::from(to_u64(run.len()));
    let guess = usize::try_from((u128::from(fingerprint) * length) >> 64).unwrap_or_default();
    let is_below = |index: usize| run.get(index).is_some_and(|(other, _)| *other < fingerprint);
    let (mut low, mut high, mut step) = (guess, guess, 8);
    if is_below(guess) {
        while is_below(high) {
            (low, high, step) = (high, high + step, step * 2);
        }
    } else {
        while low > 0 && !is_below(low) {
            (high, low, step) = (low, low.saturating_sub(step), step * 2);
        }
    }
    let high = high.min(run.len());
    low + run[low..high].partition_point(|(other, _)| *other < fingerprint)
}

/// A digest is as good as random, so its first bytes are a hash of the CID.
fn fingerprint(cid: &Cid) -> u64 {
    let first = cid.digest().first_chunk().expect("a digest has 32 bytes");
    u64::from_be_bytes(*first)
}

fn to_u64(length: usize) -> u64 {
    u64::try_from(length).expect("a length in memory fits into 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_however_they_are_spread() {
        let spread = |index: u64| index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let even: Vec<u64> = (0..5000).map(spread).collect();
        let low: Vec<u64> = (0..5000).map(|index| index / 3).collect();
        let high: Vec<u64> = (0..5000).map(|index| u64::MAX - index / 2).collect();
        for mut fingerprints in [even, low, high, vec![], vec![7], vec![0, u64::MAX]] {
            fingerprints.sort_unstable();
            let run: Vec<(u64, u64)> = fingerprints.iter().map(|at| (*at, 0)).collect();
            let around = |at: &u64| [at.saturating_sub(1), *at, at.saturating_add(1)];
            let near = fingerprints.iter().flat_map(around);
            for fingerprint in near.chain([0, 1, u64::MAX / 2, u64::MAX]) {
                let expected = run.partition_point(|(other, _)| *other < fingerprint);
                assert_eq!(first_at(&run, fingerprint), expected, "{fingerprint}");
            }
        }
    }
}
