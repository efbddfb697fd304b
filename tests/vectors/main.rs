//! Suites of data in files: those in `fixtures/`, and those of the same layout in the directory
//! that `PAGURUS_VECTORS` names, where the interoperability vectors of the protocol are.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod cars;
mod crypto_suite;
mod data_model;
mod firehose;
mod mst;
mod syntax_suite;

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Calls `check` with each directory that has a suite, and insists on ours.
fn each_suite(ours: &str, theirs: &str, check: impl Fn(&Path)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(ours);
    assert!(root.is_dir(), "{} is missing", root.display());
    check(&root);
    if let Some(vectors) = vectors() {
        let root = vectors.join(theirs);
        assert!(root.is_dir(), "{} is missing", root.display());
        check(&root);
    }
}

#[expect(clippy::disallowed_methods, reason = "where the vectors are is the caller's to say")]
fn vectors() -> Option<PathBuf> {
    let named = std::env::var_os("PAGURUS_VECTORS").map(PathBuf::from)?;
    // Relative to the workspace's root, from where the tests are started.
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(named))
}

fn json<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
