//! `pagurus repo` as somebody at a terminal sees it.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/cars").join(name)
}

fn pagurus(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pagurus")).args(arguments).output().unwrap()
}

fn path(name: &str) -> String {
    fixture(name).to_str().unwrap().to_owned()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The DID and the key of a fixture's account.
fn account(name: &str) -> (String, String) {
    let document = fs::read(fixture(&format!("{name}.didDoc.json"))).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let key = document["verificationMethod"][0]["publicKeyMultibase"].as_str().unwrap();
    (document["id"].as_str().unwrap().to_owned(), format!("did:key:{key}"))
}

#[test]
fn a_good_repository_is_valid() {
    let (did, key) = account("harbour");
    let output =
        pagurus(&["repo", "verify", &path("harbour.repo.car"), "--did", &did, "--key", &key]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains(&did) && text(&output).ends_with("valid (signature checked)\n"));
}

#[test]
fn another_account_and_another_key_are_problems() {
    let other = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";
    let car = path("harbour.repo.car");
    for arguments in [["--did", "did:plc:other"], ["--key", other]] {
        let output = pagurus(&[&["repo", "verify", &car], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output).contains("problem: ") && text(&output).contains("NOT VALID"));
    }
}

#[test]
fn a_part_is_no_repository_and_what_is_missing_is_named() {
    let output = pagurus(&["repo", "verify", &path("harbour_slice.car"), "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["valid"], false);
    assert!(found["problems"][0].as_str().unwrap().ends_with("is missing"), "{found}");
}

#[test]
fn what_cannot_be_read_has_its_own_exit_status() {
    let output = pagurus(&["repo", "verify", "/nowhere/at.all"]);
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(2), ""));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/at.all"));
    let output = pagurus(&["repo", "verify", &path("harbour.repo.car"), "--key", "nonsense"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_file_may_come_through_a_pipe_and_be_cut_on_the_way() {
    let car = fs::read(fixture("harbour.repo.car")).unwrap();
    for (bytes, status) in [(&car[..], 0), (&car[..car.len() - 1], 1), (&[], 1)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pagurus"))
            .args(["repo", "verify", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(status));
    }
}

#[test]
fn inspecting_counts_what_is_there() {
    for name in ["harbour", "log2023", "single"] {
        let output = pagurus(&["repo", "inspect", &path(&format!("{name}.repo.car")), "--json"]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["did"].as_str().unwrap(), account(name).0);
        let survey = &found["survey"];
        let collections = survey["collections"].as_object().unwrap();
        let sum: u64 = collections.values().map(|tally| tally["records"].as_u64().unwrap()).sum();
        assert_eq!(survey["records"].as_u64(), Some(sum), "{name}");
        assert!(survey["layers"].as_u64().unwrap() >= 1);
    }
}

#[test]
fn what_can_be_imported_is_told() {
    let output = pagurus(&["repo", "inspect", &path("harbour.repo.car"), "--json"]);
    let facts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let did = facts["did"].as_str().unwrap();
    let check = |did: &str| {
        let output =
            pagurus(&["repo", "import-check", &path("harbour.repo.car"), "--did", did, "--json"]);
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), told)
    };
    let (code, told) = check(did);
    assert_eq!((code, &told["importable"]), (Some(0), &serde_json::json!(true)), "{told}");
    assert!(told["records"].as_u64().unwrap() > 0);
    let (code, told) = check("did:web:somebody.example");
    assert_eq!((code, &told["importable"]), (Some(1), &serde_json::json!(false)), "{told}");
}
