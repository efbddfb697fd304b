//! What a random history is made of: its kind, and the writes of each commit.

use std::collections::BTreeSet;

use crypto::Curve;
use repo::data::{Limits, cbor, json as json_form};
use repo::draft::{OPS_MAX, Record};
use repo::mst::Key;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::keys::{Keys, Style};
use crate::values;

/// How many commits a history has.
pub(crate) const COMMITS: usize = 100;
/// The most writes in a commit, but for the last of a history.
const WRITES_MAX: usize = 30;

/// What kind of history is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// The curve of the signing key.
    pub(crate) curve: Curve,
    /// How many records the history begins with.
    pub(crate) begins_with: usize,
    size: Size,
    /// How many of a hundred records are one of twenty, which so are at several paths.
    repeats: usize,
}

/// How many records a history has.
#[derive(Debug, Clone, Copy)]
enum Size {
    /// Around so many, up and down.
    Around(usize),
    /// More and more.
    Rising,
    /// Up to the middle of the history, then down to nothing.
    UpAndDown,
}

/// A write as both sides get it.
pub(crate) struct Write {
    /// Where.
    pub(crate) path: Key,
    /// The record in JSON and as a block; `None` deletes.
    pub(crate) record: Option<(Value, Record)>,
    /// Whether there is a record when the write is made.
    pub(crate) replaces: bool,
}

/// Makes the writes of a history.
pub(crate) struct Writer {
    /// What kind of history it is.
    pub(crate) plan: Plan,
    keys: Keys,
}

impl Writer {
    /// Makes the writer of the history with a number.
    pub(crate) fn new(index: usize) -> Self {
        let curve = if index.is_multiple_of(2) { Curve::Secp256k1 } else { Curve::P256 };
        let style = [Style::Timeline, Style::Prefixes, Style::Tall][index / 2 % 3];
        let (begins_with, size) = match index % 10 {
            0 => (0, Size::Around(3)),
            1 => (0, Size::Around(30)),
            2 => (60, Size::Around(100)),
            3 | 4 => (0, Size::Rising),
            5 => (500, Size::Around(500)),
            6 => (1900, Size::Around(1900)),
            7 => (1000, Size::Around(900)),
            _ => (0, Size::UpAndDown),
        };
        let repeats = [0, 0, 3, 40][index / 3 % 4];
        let plan = Plan { curve, begins_with, size, repeats };
        Self { plan, keys: Keys::new(style) }
    }

    /// Makes a key, which may have been made before.
    pub(crate) fn key(&mut self, chance: &mut Chance) -> Key {
        self.keys.key(chance)
    }

    /// Returns what the history begins with, by path.
    pub(crate) fn begin(&mut self, chance: &mut Chance) -> Vec<Write> {
        let mut paths = BTreeSet::new();
        while paths.len() < self.plan.begins_with {
            paths.insert(self.key(chance));
        }
        paths.into_iter().map(|path| self.put(chance, path, false)).collect()
    }

    /// Returns the writes of a commit, in the order in which they are made.
    pub(crate) fn writes<'a>(
        &mut self,
        chance: &mut Chance,
        commit: usize,
        present: impl Iterator<Item = &'a Key>,
    ) -> Vec<Write> {
        let mut now: BTreeSet<Key> = present.cloned().collect();
        let aim = match self.plan.size {
            Size::Around(size) => size,
            Size::UpAndDown if commit + 1 == COMMITS && (1..=OPS_MAX).contains(&now.len()) => {
                return now.into_iter().map(Write::delete).collect();
            }
            Size::UpAndDown if commit >= COMMITS / 2 => 0,
            Size::Rising | Size::UpAndDown => 2000,
        };
        let mut writes = Vec::new();
        // Most of them small, as most commits are.
        let most = if chance.percent(40) { WRITES_MAX } else { 4 };
        for _ in 0..=chance.below(most) {
            let share = if now.len() < aim { 80 } else { 15 };
            let index = chance.below(now.len().max(1));
            match now.iter().nth(index).cloned().filter(|_| !chance.percent(share)) {
                Some(path) if chance.percent(100 - share) => {
                    now.remove(&path);
                    writes.push(Write::delete(path));
                }
                Some(path) => writes.push(self.put(chance, path, true)),
                None => {
                    let path = self.key(chance);
                    let replaces = !now.insert(path.clone());
                    writes.push(self.put(chance, path, replaces));
                }
            }
        }
        writes
    }

    fn put(&self, chance: &mut Chance, path: Key, replaces: bool) -> Write {
        let value = match chance.percent(self.plan.repeats) {
            true => values::record(&mut Chance::new(1, chance.below(20)), "com.example.repeated"),
            false => values::record(chance, path.collection()),
        };
        let decoded = json_form::decode(value.to_string().as_bytes(), &Limits::RECORD).unwrap();
        let record = Record::new(cbor::encode(&decoded).unwrap());
        Write { path, record: Some((value, record)), replaces }
    }
}

impl Write {
    fn delete(path: Key) -> Self {
        Self { path, record: None, replaces: true }
    }

    /// Returns the write as the other side gets it.
    pub(crate) fn json(&self) -> Value {
        let path = self.path.as_str();
        match (&self.record, self.replaces) {
            (None, _) => json!({ "action": "delete", "path": path }),
            (Some((value, _)), true) => {
                json!({ "action": "update", "path": path, "record": value })
            }
            (Some((value, _)), false) => {
                json!({ "action": "create", "path": path, "record": value })
            }
        }
    }
}
