//! Lists of identifiers, valid and invalid: a line each.

use std::fmt::{Debug, Display};
use std::fs;
use std::path::Path;
use std::str::FromStr;

use syntax::{
    AtIdentifier, AtUri, Datetime, Did, Handle, Language, Nsid, RecordKey, Tid, Uri, is_cid_text,
};

use crate::each_suite;

/// Reads the lines of a list; those that begin with `#` and a space, or are empty, are no entries.
fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let entry = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let lines: Vec<String> = text.lines().filter(entry).map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{} has no entries", path.display());
    lines
}

fn check_lists(root: &Path, name: &str, is_valid: impl Fn(&str) -> bool) {
    for line in lines(&root.join(format!("{name}_syntax_valid.txt"))) {
        assert!(is_valid(&line), "{name} {line:?} is valid");
    }
    for line in lines(&root.join(format!("{name}_syntax_invalid.txt"))) {
        assert!(!is_valid(&line), "{name} {line:?} is invalid");
    }
}

/// Parses, prints and parses again.
fn parses<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) -> bool {
    match text.parse::<T>() {
        Ok(value) => {
            assert_eq!(value.to_string().parse::<T>().unwrap(), value);
            assert!(value.to_string().eq_ignore_ascii_case(text));
            true
        }
        Err(_) => false,
    }
}

#[test]
fn lists_of_identifiers_are_told_apart() {
    each_suite("syntax", "interop/syntax", |root| {
        check_lists(root, "atidentifier", parses::<AtIdentifier>);
        check_lists(root, "aturi", parses::<AtUri>);
        check_lists(root, "cid", is_cid_text);
        check_lists(root, "datetime", parses::<Datetime>);
        check_lists(root, "did", parses::<Did>);
        check_lists(root, "handle", parses::<Handle>);
        check_lists(root, "language", parses::<Language>);
        check_lists(root, "nsid", parses::<Nsid>);
        check_lists(root, "recordkey", parses::<RecordKey>);
        check_lists(root, "uri", parses::<Uri>);
        for line in lines(&root.join("datetime_parse_invalid.txt")) {
            assert!(!parses::<Datetime>(&line), "datetime {line:?} is invalid");
        }
        for line in lines(&root.join("language_parse_invalid.txt")) {
            assert!(!parses::<Language>(&line), "language {line:?} is invalid");
        }
    });
    each_suite("syntax", "tid-newer", |root| check_lists(root, "tid", parses::<Tid>));
}
