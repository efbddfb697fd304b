//! From the parts of an archive to rows, in pieces that each make a short transaction.

use bytes::Bytes;
use repo::archive::Part;
use repo::data::{Limits, blob, cbor};
use repo::mst::{Key, NodeRow};
use store::repo::ImportRecord;
use syntax::Cid;
use tokio::sync::mpsc;

use super::ImportError;
use crate::record;

/// How many rows make a piece, and about how many bytes: so few that others do not wait for more than
/// a millisecond until it is made and written.
const PIECE_ROWS: usize = 64;
const PIECE_BYTES: usize = 32 << 10;
/// How many pieces wait to be written.
const PIECES_WAITING_MAX: usize = 8;
/// How many records that cannot be read are named.
const EXAMPLES_MAX: usize = 100;

/// Rows to write together.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) nodes: Vec<NodeRow>,
    pub(super) records: Vec<ImportRecord>,
    bytes: usize,
}

/// What was in a repository.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) records: u64,
    pub(super) bytes: u64,
    /// The layer of the tree's root.
    pub(super) layer: u8,
    pub(super) unreadable: u64,
    pub(super) examples: Vec<Key>,
}

/// Makes rows of parts.
pub(super) struct Load {
    piece: Piece,
    tally: Tally,
    pieces: mpsc::Sender<Piece>,
}

impl Load {
    /// Makes a loader, and where its pieces come out.
    pub(super) fn new() -> (Self, mpsc::Receiver<Piece>) {
        let (pieces, receiver) = mpsc::channel(PIECES_WAITING_MAX);
        (Self { piece: Piece::default(), tally: Tally::default(), pieces }, receiver)
    }

    /// Adds a part. Called where blocking is allowed: it waits until pieces are written.
    pub(super) fn add(&mut self, part: &Part<'_>) -> Result<(), ImportError> {
        match part {
            Part::Node { at, cid, bytes } => {
                self.tally.layer = self.tally.layer.max(at.layer);
                self.piece.bytes += bytes.len();
                let (layer, lo) = (at.layer, at.lo.cloned());
                let row = NodeRow { layer, lo, cid: **cid, bytes: (*bytes).clone() };
                self.piece.nodes.push(row);
            }
            Part::Record { key, cid, bytes } => {
                self.tally.records += 1;
                self.tally.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.piece.bytes += bytes.len();
                let record = self.record(key, cid, bytes);
                self.piece.records.push(record);
            }
        }
        let rows = self.piece.nodes.len() + self.piece.records.len();
        if rows < PIECE_ROWS && self.piece.bytes < PIECE_BYTES {
            return Ok(());
        }
        self.send()
    }

    /// Sends what is left, and returns what there was.
    pub(super) fn finish(mut self) -> Result<Tally, ImportError> {
        self.send()?;
        Ok(self.tally)
    }

    fn send(&mut self) -> Result<(), ImportError> {
        let piece = std::mem::take(&mut self.piece);
        // Nobody takes pieces any more after one could not be written.
        self.pieces.blocking_send(piece).map_err(|_| store::Error::Stopped.into())
    }

    fn record(&mut self, key: &Key, cid: &Cid, bytes: &[u8]) -> ImportRecord {
        let value = cbor::decode_lenient(bytes, &Limits::FOREIGN).ok().map(|read| read.value);
        if value.is_none() || key.record_path().is_err() {
            self.tally.unreadable += 1;
            if self.tally.examples.len() < EXAMPLES_MAX {
                self.tally.examples.push(key.clone());
            }
        }
        let found = value.as_ref().map(blob::find).unwrap_or_default();
        let mut blobs: Vec<Cid> = found.into_iter().map(|blob| blob.cid).collect();
        blobs.sort_unstable();
        blobs.dedup();
        ImportRecord {
            path: key.clone(),
            cid: *cid,
            bytes: Bytes::copy_from_slice(bytes),
            blobs,
            subject: value.and_then(|value| record::subject(key.collection(), &value)),
        }
    }
}
