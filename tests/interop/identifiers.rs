//! Identifiers that both sides judge: those of the fixtures, and what becomes of them when some of
//! their characters change.

use std::fs;
use std::path::Path;

use serde_json::json;
use syntax::{AtIdentifier, AtUri, Datetime, DatetimeError, Did, Handle, Nsid, RecordKey, Tid};

use crate::chance::Chance;
use crate::node::{self, Node};

/// How often each line of a list is changed.
const CHANGES: usize = 300;
const CHARACTERS: &[char] = &[
    'a', 'Z', '0', '1', '2', '3', '5', '6', '9', '.', '-', '_', ':', '~', '/', '%', '+', '#', '@',
    ' ', '\u{e9}', '\n',
];

#[test]
fn identifiers_are_judged_alike() {
    let Some(directory) = node::directory() else { return };
    let mut node = Node::start(&directory);
    check(&mut node, "atidentifier", |text| AtIdentifier::parse(text).is_ok());
    check(&mut node, "aturi", |text| AtUri::parse(text).is_ok());
    check(&mut node, "datetime", |text| Datetime::parse(text).is_ok());
    check(&mut node, "did", |text| Did::parse(text).is_ok());
    check(&mut node, "handle", |text| Handle::parse(text).is_ok());
    check(&mut node, "nsid", |text| Nsid::parse(text).is_ok());
    check(&mut node, "recordkey", |text| RecordKey::parse(text).is_ok());
    check(&mut node, "tid", |text| Tid::parse(text).is_ok());
}

fn check(node: &mut Node, kind: &str, is_valid: impl Fn(&str) -> bool) {
    let mut chance = Chance::new(node::seed(), kind.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/syntax");
    let mut texts = Vec::new();
    for list in ["valid", "invalid"] {
        let text = fs::read_to_string(root.join(format!("{kind}_syntax_{list}.txt"))).unwrap();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            texts.push(line.to_owned());
            texts.extend((0..CHANGES).map(|_| changed(&mut chance, line)));
        }
    }
    // The other side lets fragments of AT URIs pass, which the format of lexicons does not have,
    // and the 31st of each month.
    texts.retain(|text| match kind {
        "aturi" => !text.contains('#'),
        "datetime" => Datetime::parse(text) != Err(DatetimeError::Range),
        _ => true,
    });
    let theirs: Vec<bool> = node.ask("judge", json!({ "kind": kind, "texts": texts }));
    let mut differ = Vec::new();
    for (text, theirs) in texts.iter().zip(&theirs) {
        if is_valid(text) != *theirs {
            differ.push((text, *theirs));
        }
    }
    assert!(differ.is_empty(), "{kind}: the other side says {differ:#?}");
}

/// Returns a text with some of its characters taken out, put in, replaced, or swapped.
fn changed(chance: &mut Chance, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=chance.below(3) {
        let at = chance.below(characters.len() + 1);
        let some = *chance.pick(CHARACTERS);
        match chance.below(4) {
            0 => characters.insert(at, some),
            _ if at == characters.len() => {}
            1 => characters[at] = some,
            2 => characters.swap(0, at),
            _ => {
                characters.remove(at);
            }
        }
    }
    characters.into_iter().collect()
}
