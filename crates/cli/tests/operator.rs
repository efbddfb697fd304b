//! `pagurus account`, `invite` and `takedown`: what operators do on a running server.
#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

/// A server that runs until the end of a test, with the password of an operator.
struct Served {
    child: Child,
    url: String,
    folder: tempfile::TempDir,
}

fn pagurus() -> Command {
    Command::new(env!("CARGO_BIN_EXE_pagurus"))
}

impl Served {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = pagurus();
        command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--plc-listen", "127.0.0.1:0"]);
        command.arg("--data").arg(folder.path().join("data"));
        command.env("PAGURUS_ADMIN_PASSWORD", "open sesame").env("PAGURUS_INVITE_REQUIRED", "true");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("pagurus serves at ").unwrap().to_owned();
        Self { child, url, folder }
    }

    /// Runs a command of the operator.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = pagurus();
        command.args(arguments).args(["--url", &self.url]).stdin(Stdio::null());
        command.env("PAGURUS_ADMIN_PASSWORD", "open sesame").output().unwrap()
    }

    /// Runs one that has to do what it was told, and returns its lines.
    #[track_caller]
    fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.run(arguments);
        let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
        assert!(output.status.success(), "{arguments:?}: {}", err.unwrap());
        out.unwrap().lines().map(str::to_owned).collect()
    }

    /// Runs one that has to do what it was told, and returns its JSON.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.lines(&arguments).join("\n")).unwrap()
    }

    /// Runs one that has to fail, and returns what it says.
    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Makes the account `NAME.test`, and returns its DID.
    fn account(&self, name: &str) -> String {
        let (handle, email) = (format!("{name}.test"), format!("{name}@example.com"));
        let output = pagurus()
            .args(["account", "create", &handle, "--email", &email, "--password", "pw", "--json"])
            .args(["--url", &self.url, "--admin-password", "open sesame"])
            .output()
            .unwrap();
        let made: Value = serde_json::from_slice(&output.stdout).unwrap();
        made["did"].as_str().unwrap().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn accounts_are_found_and_changed() {
    let served = Served::start();
    let (alice, bob) = (served.account("alice"), served.account("bobby"));
    let found = served.lines(&["account", "search", "ALICE@"]);
    assert_eq!(found, [format!("{alice}  alice.test  alice@example.com")]);
    assert_eq!(served.json(&["account", "search"]).as_array().unwrap().len(), 2);

    served.lines(&["account", "handle", "alice.test", "admin.test"]);
    served.lines(&["account", "email", &alice, "new@example.com"]);
    let file = write(served.folder.path(), "password", "another\n");
    served.lines(&["account", "password", "admin.test", "--password-file", &file]);
    let made_up = served.json(&["account", "password", "bobby.test"]);
    assert!(made_up["password"].as_str().unwrap().len() == 20 && made_up["did"] == json!(bob));
    let key = served.json(&["account", "key", &alice])["signingKey"].clone();
    assert!(key.as_str().unwrap().starts_with("did:key:z"));
    served.lines(&["account", "invites", &alice, "disable", "--note", "too many"]);
    served.lines(&["account", "deactivate", &alice]);

    let seen = served.json(&["account", "info", "admin.test"]);
    for (name, value) in [
        ("did", json!(alice)),
        ("email", json!("new@example.com")),
        ("invitesDisabled", json!(true)),
        ("inviteNote", json!("too many")),
        ("status", json!("deactivated")),
    ] {
        assert_eq!(seen[name], value, "{name}");
    }
    served.lines(&["account", "activate", &alice]);
    let lines = served.lines(&["account", "info", &alice]);
    assert!(lines.contains(&"status: active".to_owned()), "{lines:?}");
    let letter = write(served.folder.path(), "letter.html", "<p>Hello</p>");
    served.lines(&["account", "mail", &alice, &letter, "--subject", "Hello"]);

    assert!(served.fails(&["account", "delete", &bob]).contains("--yes"));
    served.lines(&["account", "delete", &bob, "--yes"]);
    assert!(served.fails(&["account", "info", &bob]).contains("NotFound"));
    assert!(served.fails(&["account", "info", "bobby.test"]).contains("no account bobby.test"));
    let mut wrong = pagurus();
    wrong.args(["account", "search", "--url", &served.url]).env("PAGURUS_ADMIN_PASSWORD", "wrong");
    assert_eq!(wrong.output().unwrap().status.code(), Some(2));
}

#[test]
fn codes_are_made_listed_and_disabled() {
    let served = Served::start();
    let alice = served.account("alice");
    let made = served.lines(&["invite", "create", "--uses", "3", "--count", "2"]);
    assert_eq!(made.len(), 2);
    let own = served.json(&["invite", "create", "--for", "alice.test"]);
    assert_eq!(own[0]["account"], json!(alice));
    // And the one that the account came by, which is the only one that was used.
    let listed = served.lines(&["invite", "list", "--by-use"]);
    assert_eq!(listed.len(), 4);
    assert!(listed[0].ends_with("1 of 1 used  for admin"), "{listed:?}");
    served.lines(&["invite", "disable", &made[0], "--of", &alice]);
    let listed = served.json(&["invite", "list"]);
    let disabled = listed.as_array().unwrap().iter().filter(|code| code["disabled"] == json!(true));
    let mut disabled: Vec<&Value> = disabled.map(|code| &code["code"]).collect();
    let (one, two) = (json!(made[0]), own[0]["codes"][0].clone());
    let mut expected = [&one, &two];
    disabled.sort_by_key(|code| code.to_string());
    expected.sort_by_key(|code| code.to_string());
    assert_eq!(disabled, expected);
    assert_eq!(served.run(&["invite", "disable"]).status.code(), Some(2));
}

#[test]
fn what_is_taken_down_is_put_up_again() {
    let served = Served::start();
    let alice = served.account("alice");
    let status = || {
        let seen = served.json(&["account", "info", "alice.test"]);
        (seen["status"].clone(), seen["takedownRef"].clone())
    };
    served.lines(&["takedown", "account", "alice.test", "--ref", "case 7"]);
    assert_eq!(status(), (json!("takendown"), json!("case 7")));
    // Its handle leads nowhere now, and names it all the same.
    served.lines(&["takedown", "account", "alice.test", "--undo"]);
    assert_eq!(status(), (json!("active"), Value::Null));

    let cid = "bafkreiebzn5vdtqvulsgk5jayekwyuubrdbigu3rfijaplq3suinfryw5q";
    let answer = served.json(&["takedown", "blob", &alice, cid, "--ref", "case 8"]);
    assert_eq!(answer["takedown"], json!({ "applied": true, "ref": "case 8" }));
    let lines = served.lines(&["takedown", "blob", &alice, cid, "--undo"]);
    assert_eq!(lines, [format!("{cid} is up again")]);
    let record = format!("at://{alice}/com.example.note/a");
    assert!(served.fails(&["takedown", "record", &record]).contains("NotFound"));
}
