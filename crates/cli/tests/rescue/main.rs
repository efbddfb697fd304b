//! `pagurus rescue`, `restore account` and `migrate report verify`, between servers that run.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod served;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use crypto::{Curve, PrivateKey};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::served::{Directory, Served};

const PASSWORD: &str = "a password for the new host";

/// An account at a host that will be lost, another host, and what the owner keeps.
struct Loss {
    new: Served,
    plc: Directory,
    folder: TempDir,
    did: String,
    blobs: Vec<String>,
    data: Value,
    old_url: String,
}

impl Loss {
    /// Makes an account with records and blobs, backs it up to a bundle, and loses its host.
    fn new(recipient: &[&str]) -> Self {
        let plc = Directory::start();
        let new = Served::start(&plc.url);
        let folder = tempfile::tempdir().unwrap();
        let own = PrivateKey::generate(Curve::Secp256k1);
        fs::write(folder.path().join("own.key"), format!("{}\n", *own.to_multikey())).unwrap();
        fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        let mut old = Served::start(&plc.url);
        let account = json!({
            "handle": "alice.test", "email": "alice@example.com", "password": "the old password",
            "recoveryKey": own.public_key().to_string(),
        });
        let did = old.sign_up(&account);
        for _ in 0..5 {
            old.note(&json!({}));
        }
        let blobs = [("text/vtt", "WEBVTT first"), ("text/plain", "a second one")];
        let blobs = blobs.map(|(kind, text)| old.note_with(text.as_bytes(), kind)).to_vec();
        let preferences = json!([{ "$type": "app.bsky.actor.defs#adultContentPref" }]);
        old.post("app.bsky.actor.putPreferences", &json!({ "preferences": preferences }));
        let bundle = folder.path().join("bundle");
        let mut backup = Command::new(env!("CARGO_BIN_EXE_pagurus"));
        backup.args(["backup", "account", "alice.test", "--json", "--plc-url", &plc.url]);
        backup.arg("--out").arg(&bundle).arg("--data").arg(old.data()).args(recipient);
        let output = backup.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let (old_url, data) = (old.url(), shown["data"].clone());
        drop(old);
        Self { new, plc, folder, did, blobs, data, old_url }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a command of those that bring accounts back.
    fn command(&self, what: &[&str], more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagurus"));
        command.args(what).args(["--to", &self.new.url(), "--plc-url", &self.plc.url]);
        command.arg("--rotation-key-file").arg(self.path("own.key"));
        command.arg("--password-file").arg(self.path("password"));
        command.arg("--report").arg(self.path("report.json"));
        command.arg("--journal").arg(self.path("journal.json")).arg("--json").args(more);
        command
    }

    /// Runs it.
    fn bring(&self, what: &[&str], more: &[&str]) -> (Option<i32>, Value) {
        let output = self.command(what, more).output().unwrap();
        let shown = serde_json::from_slice(&output.stdout);
        (output.status.code(), shown.unwrap_or_else(|_| panic!("{}", said(&output))))
    }

    fn verify(&self, file: &Path) -> (Option<i32>, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagurus"));
        command.args(["migrate", "report", "verify"]).arg(file).arg("--json");
        let output = command.args(["--plc-url", &self.plc.url]).output().unwrap();
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
    }

    /// Leads the identity to a host with a key in a file.
    fn reclaim(&self, host: &str, key: &str, more: &[&str]) -> (Option<i32>, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagurus"));
        command.args(["reclaim", &self.did, "--host", host, "--plc-url", &self.plc.url, "--json"]);
        command.arg("--rotation-key-file").arg(self.path(key)).args(more);
        let output = command.stdin(Stdio::null()).output().unwrap();
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
    }

    fn bundle(&self) -> String {
        self.path("bundle").to_str().unwrap().to_owned()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_account_is_put_back_into_an_empty_server_with_the_same_tree() {
    let recipient = "age125nu2t3pme9xpex3cf6q3k2htc4mlylt83ydguks2cllq0pm24kquz4jlw";
    let mut loss = Loss::new(&["--recipient", recipient]);
    let key = "AGE-SECRET-KEY-1LU5ZLKC26K8DHRYYR2RZNUA8AR4YHX2RSA6CXEEP8AJRZDCS2V9SZK4N5C";
    fs::write(loss.path("age.key"), format!("# mine\n{key}\n")).unwrap();
    let age_key = loss.path("age.key");
    let opens = ["--age-key", age_key.to_str().unwrap()];
    let bundle = loss.bundle();
    let restore = ["restore", "account", &bundle];

    let (status, shown) = loss.bring(&restore, &[&opens[..], &["--dry-run"]].concat());
    assert_eq!(status, Some(0), "{shown}");
    assert_eq!((&shown["source"]["data"], &shown["plan"]["mayUndo"]), (&loss.data, &json!([])));
    // Nobody has agreed, and nobody is there to ask.
    let (status, shown) = loss.bring(&restore, &opens);
    assert_eq!((status, &shown["switched"]), (Some(10), &json!(false)), "{shown}");
    assert!(shown["plan"]["changes"].as_array().is_some_and(|changes| changes.len() >= 2));

    let (status, shown) = loss.bring(&restore, &[&opens[..], &["--yes"]].concat());
    assert_eq!((status, &shown["verdict"]), (Some(0), &json!("same")), "{shown}");
    let report: Value =
        serde_json::from_slice(&fs::read(loss.path("report.json")).unwrap()).unwrap();
    assert_eq!(
        (&report["before"]["head"]["data"], &report["after"]["head"]["data"]),
        (&loss.data, &loss.data)
    );
    assert_eq!(report["after"]["preferences"]["count"], json!(1));
    loss.new.sign_in(&loss.did, PASSWORD);
    loss.new.note(&json!({}));

    // The account has written since; that is life, and no fault.
    let (status, shown) = loss.verify(&loss.path("report.json"));
    assert_eq!((status, &shown["faults"]), (Some(0), &json!([])), "{shown}");
    assert_eq!(shown["signature"], json!("holds"));
    let text = fs::read_to_string(loss.path("report.json")).unwrap();
    fs::write(loss.path("forged.json"), text.replacen("\"count\": 7", "\"count\": 8", 1)).unwrap();
    let (status, shown) = loss.verify(&loss.path("forged.json"));
    assert_eq!((status, &shown["signature"]), (Some(30), &json!("does not hold")), "{shown}");
    assert_eq!(loss.verify(Path::new("/nowhere/at/all")).0, Some(2));
}

#[test]
fn an_identity_is_led_back_by_its_owner_and_by_nobody_else() {
    let loss = Loss::new(&[]);
    let email = ["--email", "alice@example.com", "--yes"];
    assert_eq!(loss.bring(&["rescue", "--from", &loss.bundle()], &email).0, Some(0));
    let stranger = PrivateKey::generate(Curve::P256);
    fs::write(loss.path("other.key"), format!("{}\n", *stranger.to_multikey())).unwrap();
    let operations = loss.plc.operations(&loss.did);
    let new_url = loss.new.url();

    // Nobody is there to agree.
    assert_eq!(loss.reclaim(&loss.old_url, "own.key", &[]).0, Some(2));
    for (host, key) in [
        (new_url.as_str(), "own.key"),
        (loss.old_url.as_str(), "other.key"),
        ("https://never.example.com", "own.key"),
    ] {
        assert_eq!(loss.reclaim(host, key, &["--yes"]).0, Some(2));
    }
    let (status, shown) = loss.reclaim(&loss.old_url, "own.key", &["--dry-run"]);
    assert_eq!((status, &shown["submitted"]), (Some(0), &json!(false)), "{shown}");
    assert_eq!(loss.plc.operations(&loss.did), operations);

    for (count, host) in [&loss.old_url, &new_url].into_iter().enumerate() {
        let (status, shown) = loss.reclaim(host, "own.key", &["--yes"]);
        assert_eq!((status, &shown["submitted"]), (Some(0), &json!(true)), "{shown}");
        assert_eq!(loss.plc.operations(&loss.did), operations + count + 1);
    }
}

#[test]
fn a_car_file_and_blobs_are_brought_with_consent_to_what_is_missing() {
    let loss = Loss::new(&[]);
    let bundle = loss.path("bundle");
    let (car, blobs) = (bundle.join("repo.car"), bundle.join("blobs"));
    fs::remove_file(blobs.join(&loss.blobs[0])).unwrap();
    let rescue = ["rescue", "--did", &loss.did, "--car", car.to_str().unwrap()];
    let rescue = [&rescue[..], &["--blobs", blobs.to_str().unwrap(), "--yes"]].concat();
    let named = ["--handle", "alice.test", "--email", "alice@example.com"];

    let (status, shown) = loss.bring(&rescue, &named);
    assert_eq!((status, &shown["switched"]), (Some(10), &json!(false)), "{shown}");
    assert_eq!(shown["missing"][0]["cid"], json!(loss.blobs[0]));
    let wrong = [&named[..], &["--accept-missing-blobs", &loss.blobs[1]]].concat();
    assert_eq!(loss.bring(&rescue, &wrong).0, Some(10));
    let right = [&named[..], &["--accept-missing-blobs", &loss.blobs[0]]].concat();
    let (status, shown) = loss.bring(&rescue, &right);
    assert_eq!((status, &shown["missing"][0]["cid"]), (Some(0), &json!(loss.blobs[0])), "{shown}");
    let (status, again) = loss.bring(&rescue, &right);
    assert_eq!((status, &again["verdict"]), (Some(0), &shown["verdict"]), "{again}");
}

#[test]
fn who_is_killed_at_any_moment_goes_on() {
    let loss = Loss::new(&[]);
    let bundle = loss.bundle();
    let before = loss.plc.operations(&loss.did);
    let mut killed = 0;
    for time_ms in (0..).step_by(4) {
        let mut command = loss.command(&["rescue", "--from", &bundle], &["--yes"]);
        command.args(["--email", "alice@example.com"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::sleep(Duration::from_millis(time_ms));
        match child.try_wait().unwrap() {
            Some(status) => {
                assert_eq!(status.code(), Some(0));
                break;
            }
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                killed += 1;
            }
        }
        assert!(loss.plc.operations(&loss.did) <= before + 1);
    }
    assert!(killed > 3, "{killed}");
    assert_eq!(loss.plc.operations(&loss.did), before + 1);
    let report = fs::read(loss.path("report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["after"]["head"]["data"], loss.data);
}
