//! `pagurus migrate`, as somebody uses it who moves from one server to another.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod hosts;
mod leave;

use std::fs;
use std::process::Command;

use crypto::{Curve, PrivateKey};
use serde_json::{Value, json};

use crate::hosts::{Account, Hosts, NEW_PASSWORD, Said};

/// What starts a move, but for who moves.
fn start<'a>(account: &'a Account, handle: &'a str) -> Vec<&'a str> {
    vec!["start", "--from-account", &account.did, "--handle", handle]
}

fn assert_needs(said: &Said, what: &str) {
    assert_eq!((said.status, &said.json["need"]["for"]), (10, &json!(what)), "{said:?}");
}

#[test]
fn an_account_moves_by_the_commands_and_back_again() {
    let hosts = Hosts::start();
    let alice = hosts.account("alice", None);
    hosts.write(&alice, 5);
    hosts.write_blob(&alice, b"a picture");

    let plan = hosts.migrate(&["plan", "--account", &alice.did, "--handle", "alice.new.test"]);
    assert_eq!(plan.status, 0, "{plan:?}");
    assert!(plan.json["findings"].as_array().unwrap().iter().all(|one| one["level"] != "red"));
    let taken = hosts.migrate(&["plan", "--account", &alice.did, "--handle", "alice.old.test"]);
    assert_eq!(taken.status, 30, "{taken:?}");
    let refused = hosts.migrate(&start(&alice, "alice.old.test"));
    assert_eq!((refused.status, &refused.json["did"]), (30, &json!(alice.did)), "{refused:?}");

    let mut begin = start(&alice, "alice.new.test");
    begin.push("--watch");
    assert_needs(&hosts.migrate(&begin), "review");
    assert_needs(&hosts.migrate(&["status"]), "review");
    assert_eq!(hosts.migrate(&["confirm", "--code", "AAAAA-AAAAA"]).status, 2, "not yet");
    let nobody = hosts.migrate(&["approve"]);
    assert_eq!((nobody.status, nobody.json), (10, Value::Null), "there is no terminal");
    assert_needs(&hosts.migrate(&["approve", "--yes", "--watch"]), "code");

    // The wrong code is spent, and another is mailed when it is asked for.
    let wrong = hosts.migrate(&["confirm", "--code", "AAAAA-AAAAA", "--watch"]);
    assert_needs(&wrong, "newCode");
    assert_needs(&hosts.migrate(&["resume", "--watch"]), "code");
    let code = hosts.mailed_code(&alice);
    let done = hosts.migrate(&["confirm", "--code", &code, "--watch"]);
    assert_eq!((done.status, &done.json["state"]), (0, &json!("done")), "{done:?}");
    assert_eq!((hosts.old.is_active(&alice), hosts.new.is_active(&alice)), (false, true));

    let report = hosts.migrate(&["report"]);
    assert_eq!((report.status, &report.json["did"]), (0, &json!(alice.did)), "{report:?}");
    assert_eq!(report.json["before"]["head"]["data"], report.json["after"]["head"]["data"]);
    let file = hosts.folder.path().join("report.json");
    let file = file.to_str().unwrap();
    assert_eq!(hosts.migrate(&["report", "--out", file]).status, 0);
    let checked = hosts.pagurus(
        &["migrate", "report", "verify", file, "--plc-url", &hosts.plc_url, "--json"],
        &[],
    );
    assert_eq!((checked.status, &checked.json["signature"]), (0, &json!("holds")), "{checked:?}");
    let listed = hosts.migrate(&["list"]);
    assert_eq!((listed.status, &listed.json["moves"][0]["state"]), (0, &json!("done")));

    // On another machine there is no session, but a password. Undoing needs that of the old host.
    fs::remove_dir_all(hosts.state()).unwrap();
    assert_eq!(hosts.migrate(&["status"]).status, 2, "nothing is known of the account here");
    let known = hosts.migrate(&["status", "--account", &alice.did]);
    assert_eq!(known.status, 0, "{known:?}");
    let back = hosts.migrate(&["undo", "--yes", "--watch"]);
    assert_eq!((back.status, &back.json["state"]), (0, &json!("rolled_back")), "{back:?}");
    assert_eq!((hosts.old.is_active(&alice), hosts.new.is_active(&alice)), (true, false));
    assert_eq!(hosts.migrate(&["status"]).status, 30, "the account is not at the new host");
}

#[test]
fn a_move_that_is_cancelled_leaves_nothing() {
    let hosts = Hosts::start();
    let alice = hosts.account("alice", None);
    hosts.write(&alice, 1);
    let mut begin = start(&alice, "alice.new.test");
    begin.push("--watch");
    assert_needs(&hosts.migrate(&begin), "review");
    assert_eq!(fs::read_dir(hosts.state()).unwrap().count(), 1);
    let cancelled = hosts.migrate(&["cancel", "--watch"]);
    assert_eq!((cancelled.status, &cancelled.json["state"]), (0, &json!("cancelled")));
    assert_eq!(fs::read_dir(hosts.state()).unwrap().count(), 0, "the session is of no use");
    assert!(hosts.old.is_active(&alice));
    // And it can begin anew.
    assert_needs(&hosts.migrate(&begin), "review");
}

#[test]
fn what_is_lost_has_to_be_named() {
    let hosts = Hosts::start();
    let alice = hosts.account("alice", None);
    let [first, second] = [b"first", b"other"].map(|bytes| hosts.write_blob(&alice, bytes));
    hosts.old.lose_blob(&alice, &first);
    hosts.old.lose_blob(&alice, &second);
    let mut begin = start(&alice, "alice.new.test");
    begin.push("--watch");
    let ready = hosts.migrate(&begin);
    assert_needs(&ready, "review");
    assert_eq!(ready.json["missingBlobs"].as_array().unwrap().len(), 2);
    let some = hosts.migrate(&["approve", "--yes", "--accept-missing-blobs", &first]);
    assert_eq!(some.status, 10);
    assert!(some.trouble.contains(&format!("--accept-missing-blobs {second}")), "{some:?}");
    let all = format!("{first},{second}");
    let agreed = hosts.migrate(&["approve", "--yes", "--accept-missing-blobs", &all, "--watch"]);
    assert_needs(&agreed, "code");
}

#[test]
fn who_has_a_rotation_key_signs_without_the_old_host() {
    let hosts = Hosts::start();
    let own = PrivateKey::generate(Curve::P256);
    let public = own.public_key().to_string();
    let alice = hosts.account("alice", Some(&public));
    hosts.write(&alice, 1);
    let mut begin = start(&alice, "alice.new.test");
    begin.push("--watch");
    assert_needs(&hosts.migrate(&begin), "review");
    let agreed = hosts.migrate(&["approve", "--yes", "--watch"]);
    assert_needs(&agreed, "code");
    assert_eq!(agreed.json["change"]["keysKept"], json!([public]));

    let sign = |key: &PrivateKey, more: &[&str]| {
        let file = hosts.folder.path().join("rotation.key");
        fs::write(&file, format!("{}\n", *key.to_multikey())).unwrap();
        let mut command = vec!["confirm", "--rotation-key-file", file.to_str().unwrap()];
        command.extend(["--plc-url", &hosts.plc_url]);
        command.extend(more);
        hosts.migrate(&command)
    };
    let stranger = PrivateKey::generate(Curve::P256);
    let refused = sign(&stranger, &["--yes"]);
    assert_eq!(refused.status, 2);
    assert!(refused.trouble.contains("is not a rotation key"), "{refused:?}");
    assert_eq!(sign(&own, &[]).status, 2, "nobody is here to agree");
    let done = sign(&own, &["--yes", "--watch"]);
    assert_eq!((done.status, &done.json["state"]), (0, &json!("done")), "{done:?}");
}

#[test]
fn the_demo_moves_an_account_and_proves_it() {
    let shown = Command::new(env!("CARGO_BIN_EXE_pagurus")).arg("demo").output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.status.success(), "{text}\n{}", String::from_utf8_lossy(&shown.stderr));
    assert!(
        text.contains("result    all is there") && text.ends_with("all of it holds\n"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let hosts = Hosts::start();
    let alice = hosts.account("alice", None);
    let unknown = hosts.migrate(&["status"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.trouble.contains("no move is known here"), "{unknown:?}");
    let never = hosts.migrate(&["status", "--account", &alice.did]);
    assert_eq!(never.status, 2, "{never:?}");
    let handle = "alice.new.test";
    let mut days = start(&alice, handle);
    days.extend(["--delete-after-days", "3"]);
    assert_eq!(hosts.migrate(&days).status, 2, "who deletes so soon regrets it");
    let without = hosts.migrate_without_passwords(&start(&alice, handle));
    assert_eq!(without.status, 2);
    assert!(without.trouble.contains("PAGURUS_OLD_PASSWORD"), "{without:?}");
    assert!(!without.trouble.contains(NEW_PASSWORD));
}
