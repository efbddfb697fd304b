//! Programs that run, and an account at one of them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A directory of did:plc that runs. It ends with the test.
pub(crate) struct Directory {
    child: Child,
    pub(crate) url: String,
    _folder: TempDir,
}

/// A server that runs, and who uses it. It ends with the test.
pub(crate) struct Served {
    child: Child,
    port: String,
    folder: TempDir,
    did: String,
    token: String,
}

/// Starts a program, and returns the address that it says it is at.
fn start(command: &mut Command, says: &str) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix(says).unwrap_or_else(|| panic!("{line}"));
    (child, address.to_owned())
}

fn end(child: &mut Child) {
    let id = child.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    child.wait().unwrap();
}

impl Directory {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagurus"));
        command.args(["plc", "serve", "--no-rate-limits", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(folder.path());
        let (child, url) = start(&mut command, "pagurus keeps a directory at ");
        Self { child, url, _folder: folder }
    }
}

impl Directory {
    /// Returns how many operations an identity has had.
    pub(crate) fn operations(&self, did: &str) -> usize {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let path = format!("/{did}/log/audit");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str::<Vec<Value>>(body).unwrap().len()
    }
}

impl Served {
    pub(crate) fn start(plc_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pagurus"));
        command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--plc-url", plc_url]);
        command.arg("--no-rate-limits").arg("--data").arg(folder.path().join("data"));
        let (child, port) = start(&mut command, "pagurus serves at http://localhost:");
        Self { child, port, folder, did: String::new(), token: String::new() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Makes an account, and goes on as its owner.
    pub(crate) fn sign_up(&mut self, account: &Value) -> String {
        let made = self.post("com.atproto.server.createAccount", account);
        self.did = made["did"].as_str().unwrap().to_owned();
        self.token = made["accessJwt"].as_str().unwrap().to_owned();
        self.did.clone()
    }

    /// Goes on as the owner of an account that there is.
    pub(crate) fn sign_in(&mut self, did: &str, password: &str) {
        let input = json!({ "identifier": did, "password": password });
        let session = self.post("com.atproto.server.createSession", &input);
        assert_eq!(session["active"], json!(true));
        self.did = did.to_owned();
        self.token = session["accessJwt"].as_str().unwrap().to_owned();
    }

    pub(crate) fn post(&self, method: &str, input: &Value) -> Value {
        self.send(method, "application/json", input.to_string().as_bytes())
    }

    pub(crate) fn note(&self, extra: &Value) {
        let mut record = json!({ "$type": "com.example.note", "text": "hello" });
        record.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let collection = "com.example.note";
        let input = json!({ "repo": self.did, "collection": collection, "record": record });
        self.post("com.atproto.repo.createRecord", &input);
    }

    /// Uploads a blob with a record that refers to it, and returns its CID.
    pub(crate) fn note_with(&self, bytes: &[u8], kind: &str) -> String {
        let blob = self.send("com.atproto.repo.uploadBlob", kind, bytes)["blob"].clone();
        self.note(&json!({ "blob": blob }));
        blob["ref"]["$link"].as_str().unwrap().to_owned()
    }

    fn send(&self, method: &str, kind: &str, body: &[u8]) -> Value {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).unwrap();
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
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}
