//! `pagurus backup account` and `pagurus restore check`, on the data of a server that runs.
#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A server that runs, with an account.
struct Served {
    child: Child,
    address: String,
    folder: TempDir,
    did: String,
    token: String,
}

impl Served {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_pagurus"))
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--plc-listen", "127.0.0.1:0"])
            .arg("--data")
            .arg(folder.path().join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("pagurus serves at http://localhost:").unwrap();
        let address = format!("127.0.0.1:{port}");
        let mut served = Self { child, address, folder, did: String::new(), token: String::new() };
        let account = served.post(
            "com.atproto.server.createAccount",
            "application/json",
            json!({"handle": "alice.test", "email": "alice@example.com", "password": "password"})
                .to_string()
                .as_bytes(),
        );
        served.did = account["did"].as_str().unwrap().to_owned();
        served.token = account["accessJwt"].as_str().unwrap().to_owned();
        served
    }

    fn post(&self, method: &str, kind: &str, body: &[u8]) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let authorization = match self.token.as_str() {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        write!(
            stream,
            "POST /xrpc/{method} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             {authorization}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{method}: {answer}");
        serde_json::from_str(body).unwrap()
    }

    fn note(&self, extra: &Value) {
        let mut record = json!({"$type": "com.example.note", "text": "hello"});
        record.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let input = json!({
            "repo": self.did, "collection": "com.example.note", "record": record,
        });
        let method = "com.atproto.repo.createRecord";
        self.post(method, "application/json", input.to_string().as_bytes());
    }

    /// Uploads a blob with a record that refers to it, and returns its CID.
    fn note_with(&self, bytes: &[u8], kind: &str) -> String {
        let blob = self.post("com.atproto.repo.uploadBlob", kind, bytes)["blob"].clone();
        self.note(&json!({"blob": blob}));
        blob["ref"]["$link"].as_str().unwrap().to_owned()
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("bundle")
    }

    fn backup(&self, account: &str, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagurus"));
        command.args(["backup", "account", account, "--json", "--out"]).arg(self.out());
        command.arg("--data").arg(self.folder.path().join("data")).args(more);
        command.output().unwrap()
    }

    fn stop(mut self) -> TempDir {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
        self.folder
    }
}

fn check(directory: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagurus"));
    command.args(["restore", "check"]).arg(directory).arg("--json").args(more);
    let output = command.output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

fn said(output: &Output) -> Value {
    let trouble = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{trouble}"))
}

#[test]
fn an_account_of_a_running_server_is_backed_up_again_and_again() {
    let served = Served::start();
    for _ in 0..20 {
        served.note(&json!({}));
    }
    let subtitles = served.note_with(b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n", "text/vtt");
    let first = served.backup("alice.test", &[]);
    let shown = said(&first);
    assert_eq!(first.status.code(), Some(0), "{shown}");
    assert_eq!((&shown["changed"], &shown["plcLog"]), (&json!(true), &json!(true)));
    let list = fs::read_to_string(served.out().join("blobs.tsv")).unwrap();
    assert_eq!(list, format!("{subtitles}\t38\ttext/vtt\n"));

    let (status, found) = check(&served.out(), &[]);
    assert_eq!((status, &found["verdict"]), (Some(0), &json!("whole")), "{found}");
    assert_eq!((&found["signature"], &found["records"]), (&json!("inForce"), &json!(21)));
    assert_eq!((&found["data"], &found["did"]), (&shown["data"], &json!(served.did)));

    assert_eq!(said(&served.backup(&served.did, &[]))["changed"], json!(false));
    let recipient = "age125nu2t3pme9xpex3cf6q3k2htc4mlylt83ydguks2cllq0pm24kquz4jlw";
    for (index, more) in [&["--recipient", recipient][..], &[], &["--anew"]].iter().enumerate() {
        served.note_with(index.to_string().as_bytes(), "text/plain");
        let again = said(&served.backup(&served.did, more));
        assert_eq!((&again["changed"], &again["private"]), (&json!(true), &json!(true)));
        let (status, found) = check(&served.out(), &[]);
        assert_eq!((status, &found["data"]), (Some(0), &again["data"]), "{found}");
        assert_eq!(found["blobs"], json!(index + 2));
    }
    served.stop();
}

#[test]
fn exit_statuses_tell_what_is_the_matter() {
    let served = Served::start();
    let picture = served.note_with(b"picture", "image/png");
    let unknown = served.backup("nobody.test", &[]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("nobody.test"));
    assert_eq!(served.backup("alice.test", &[]).status.code(), Some(0));
    let folder = served.folder.path().join("data/blobs");
    let (out, did) = (served.out(), served.did.clone());

    // The server loses a blob, and there is another place to back up to.
    let shards = fs::read_dir(folder).unwrap().map(|shard| shard.unwrap().path());
    let files = shards.map(|shard| shard.join(&did).join(&picture));
    let file = files.into_iter().find(|file| file.exists()).unwrap();
    fs::remove_file(file).unwrap();
    assert_eq!(served.backup("alice.test", &[]).status.code(), Some(0), "the bundle has it");
    fs::rename(&out, served.folder.path().join("first")).unwrap();
    let lacking = served.backup("alice.test", &[]);
    assert_eq!(lacking.status.code(), Some(10));
    assert_eq!(said(&lacking)["missing"][0]["cid"], json!(picture));
    let (status, found) = check(&out, &[]);
    assert_eq!((status, &found["verdict"]), (Some(10), &json!("blobsMissing")));
    assert!(found["missing"][0]["path"].as_str().unwrap().starts_with("com.example.note/"));

    let car = out.join("repo.car");
    let mut bytes = fs::read(&car).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&car, bytes).unwrap();
    let (status, found) = check(&out, &[]);
    assert_eq!((status, &found["damage"][0]["part"]), (Some(30), &json!("repo.car")));

    let other = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";
    let first = served.folder.path().join("first");
    assert_eq!(check(&first, &[]).0, Some(0));
    assert_eq!(check(&first, &["--key", other]).0, Some(30));
    assert_eq!(check(Path::new("/nowhere/at/all"), &[]).0, Some(2));
    served.stop();
}
