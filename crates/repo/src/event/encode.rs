//! From events to frames.

use syntax::{Datetime, Did};

use super::{AccountEvent, CommitEvent, IdentityEvent, Op, SyncEvent};
use crate::data::cbor::{
    put_array, put_bool, put_bytes, put_cid, put_map, put_null, put_text, put_uint,
};

/// The least sequence number that takes nine bytes in CBOR, as all of ours do.
const SEQ_MIN: u64 = 1 << 32;

/// A frame that carries an event, in which the sequence number can still be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    bytes: Vec<u8>,
    /// Where the sequence number's eight bytes are; a small number does not take as many.
    seq_at: Option<usize>,
}

impl Frame {
    /// Returns the frame with the event's own sequence number.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the frame with another sequence number.
    ///
    /// # Panics
    ///
    /// Panics if the number, or the event's own, is below 2^32: ours are microseconds since 1970,
    /// and only larger ones take the nine bytes in which one can stand for another.
    pub fn into_bytes_with_seq(mut self, seq: u64) -> Vec<u8> {
        let at = self.seq_at.filter(|_| seq >= SEQ_MIN);
        let at = at.expect("a sequence number is a time in microseconds");
        self.bytes[at..at + 8].copy_from_slice(&seq.to_be_bytes());
        self.bytes
    }
}

/// Begins a frame that carries an event.
fn begin(kind: &str, capacity: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity + 256);
    put_map(&mut out, 2);
    put_text(&mut out, "t");
    put_text(&mut out, kind);
    put_text(&mut out, "op");
    put_uint(&mut out, 1);
    out
}

/// Appends the sequence number and returns where its eight bytes are, if it has as many.
fn put_seq(out: &mut Vec<u8>, seq: u64) -> Option<usize> {
    put_text(out, "seq");
    put_uint(out, seq);
    (seq >= SEQ_MIN).then(|| out.len() - 8)
}

fn put_did(out: &mut Vec<u8>, did: &Did) {
    put_text(out, "did");
    put_text(out, did.as_str());
}

fn put_time(out: &mut Vec<u8>, time: &Datetime) {
    put_text(out, "time");
    put_text(out, time.as_str());
}

impl CommitEvent {
    /// Encodes the frame.
    pub fn encode(&self) -> Frame {
        let mut out = begin("#commit", self.blocks.len() + 160 * self.ops.len() + 512);
        put_map(&mut out, if self.prev_data.is_some() { 12 } else { 11 });
        put_text(&mut out, "ops");
        put_array(&mut out, self.ops.len());
        self.ops.iter().for_each(|op| put_op(&mut out, op));
        put_text(&mut out, "rev");
        put_text(&mut out, &self.rev.to_string());
        let seq_at = put_seq(&mut out, self.seq);
        put_text(&mut out, "repo");
        put_text(&mut out, self.repo.as_str());
        put_time(&mut out, &self.time);
        // Fixed values for what the protocol no longer uses and still asks for.
        put_text(&mut out, "blobs");
        put_array(&mut out, 0);
        put_text(&mut out, "since");
        match self.since {
            Some(since) => put_text(&mut out, &since.to_string()),
            None => put_null(&mut out),
        }
        put_text(&mut out, "blocks");
        put_bytes(&mut out, &self.blocks);
        put_text(&mut out, "commit");
        put_cid(&mut out, Some(&self.commit));
        put_text(&mut out, "rebase");
        put_bool(&mut out, false);
        put_text(&mut out, "tooBig");
        put_bool(&mut out, false);
        if let Some(prev_data) = &self.prev_data {
            put_text(&mut out, "prevData");
            put_cid(&mut out, Some(prev_data));
        }
        Frame { bytes: out, seq_at }
    }
}

fn put_op(out: &mut Vec<u8>, op: &Op) {
    put_map(out, if op.prev.is_some() { 4 } else { 3 });
    put_text(out, "cid");
    put_cid(out, op.cid.as_ref());
    put_text(out, "path");
    put_text(out, op.path.as_str());
    if let Some(prev) = &op.prev {
        put_text(out, "prev");
        put_cid(out, Some(prev));
    }
    put_text(out, "action");
    put_text(out, op.action.as_str());
}

impl SyncEvent {
    /// Encodes the frame.
    pub fn encode(&self) -> Frame {
        let mut out = begin("#sync", self.blocks.len());
        put_map(&mut out, 5);
        put_did(&mut out, &self.did);
        put_text(&mut out, "rev");
        put_text(&mut out, &self.rev.to_string());
        let seq_at = put_seq(&mut out, self.seq);
        put_time(&mut out, &self.time);
        put_text(&mut out, "blocks");
        put_bytes(&mut out, &self.blocks);
        Frame { bytes: out, seq_at }
    }
}

impl IdentityEvent {
    /// Encodes the frame.
    pub fn encode(&self) -> Frame {
        let mut out = begin("#identity", 0);
        put_map(&mut out, if self.handle.is_some() { 4 } else { 3 });
        put_did(&mut out, &self.did);
        let seq_at = put_seq(&mut out, self.seq);
        put_time(&mut out, &self.time);
        if let Some(handle) = &self.handle {
            put_text(&mut out, "handle");
            put_text(&mut out, handle.as_str());
        }
        Frame { bytes: out, seq_at }
    }
}

impl AccountEvent {
    /// Encodes the frame.
    pub fn encode(&self) -> Frame {
        let mut out = begin("#account", 0);
        put_map(&mut out, if self.status.is_some() { 5 } else { 4 });
        put_did(&mut out, &self.did);
        let seq_at = put_seq(&mut out, self.seq);
        put_time(&mut out, &self.time);
        put_text(&mut out, "active");
        put_bool(&mut out, self.active);
        if let Some(status) = &self.status {
            put_text(&mut out, "status");
            put_text(&mut out, status);
        }
        Frame { bytes: out, seq_at }
    }
}

/// Encodes the frame of an `#info`, such as `OutdatedCursor`.
pub fn encode_info(name: &str, message: &str) -> Vec<u8> {
    let mut out = begin("#info", 0);
    put_map(&mut out, 2);
    put_text(&mut out, "name");
    put_text(&mut out, name);
    put_text(&mut out, "message");
    put_text(&mut out, message);
    out
}

/// Encodes the frame of an error, after which a stream is closed.
pub fn encode_error(error: &str, message: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    put_map(&mut out, 1);
    put_text(&mut out, "op");
    out.push(0x20); // -1
    put_map(&mut out, 2);
    put_text(&mut out, "error");
    put_text(&mut out, error);
    put_text(&mut out, "message");
    put_text(&mut out, message);
    out
}
