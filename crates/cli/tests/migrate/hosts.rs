//! A directory and two servers, each a program of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The password of all accounts at the old host.
const OLD_PASSWORD: &str = "the old password";
/// And at the new one.
pub(crate) const NEW_PASSWORD: &str = "the new password";

/// The directory and the servers. They end with the test.
pub(crate) struct Hosts {
    pub(crate) old: Served,
    pub(crate) new: Served,
    pub(crate) plc_url: String,
    // Stopped after the servers, and dropped last: they write to the folder until then.
    _plc: Running,
    pub(crate) folder: TempDir,
}

/// A server.
pub(crate) struct Served {
    _running: Running,
    address: String,
    data: PathBuf,
}

/// Somebody at the old host.
pub(crate) struct Account {
    pub(crate) did: String,
    email: String,
    token: String,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) json: Value,
    pub(crate) trouble: String,
}

/// A program that runs.
struct Running(Child);

impl Running {
    /// Starts it, and returns it with the port that its first line names.
    fn start(command: &mut Command) -> (Self, String) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().to_owned();
        (Self(child), port)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn pagurus() -> Command {
    Command::new(env!("CARGO_BIN_EXE_pagurus"))
}

impl Served {
    fn start(folder: &Path, name: &str, plc_url: &str, from: Option<&str>) -> Self {
        let data = folder.join(name);
        let mut command = pagurus();
        command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--no-rate-limits"]);
        command.args(["--plc-url", plc_url, "--data"]).arg(&data);
        command.env("PAGURUS_HANDLE_DOMAINS", format!("[\".{name}.test\"]"));
        command.env("PAGURUS_SERVICE_DID", format!("did:web:{name}.test"));
        if let Some(from) = from {
            command.env("PAGURUS_PRIVATE_ORIGINS", format!("[\"{from}\"]"));
        }
        let (running, port) = Running::start(&mut command);
        Self { _running: running, address: format!("localhost:{port}"), data }
    }

    /// Returns where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn ask(&self, request: &str, headers: &str, body: &[u8]) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
             Content-Length: {}\r\n\r\n",
            body.len()
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{request}: {answer}");
        serde_json::from_str(body).unwrap()
    }

    fn post(&self, method: &str, token: &str, kind: &str, body: &[u8]) -> Value {
        let authorization = match token {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let headers = format!("{authorization}Content-Type: {kind}\r\n");
        self.ask(&format!("POST /xrpc/{method}"), &headers, body)
    }

    fn post_json(&self, method: &str, token: &str, input: &Value) -> Value {
        self.post(method, token, "application/json", input.to_string().as_bytes())
    }

    /// Tells whether an account is open here.
    pub(crate) fn is_active(&self, account: &Account) -> bool {
        let path = format!("/xrpc/com.atproto.sync.getRepoStatus?did={}", account.did);
        self.ask(&format!("GET {path}"), "", b"")["active"] == json!(true)
    }

    /// Removes the file of a blob.
    pub(crate) fn lose_blob(&self, account: &Account, cid: &str) {
        let shards = fs::read_dir(self.data.join("blobs")).unwrap();
        let files = shards.map(|shard| shard.unwrap().path().join(&account.did).join(cid));
        fs::remove_file(files.into_iter().find(|file| file.exists()).unwrap()).unwrap();
    }
}

impl Hosts {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = pagurus();
        command.args(["plc", "serve", "--listen", "127.0.0.1:0", "--no-rate-limits", "--data"]);
        let (plc, port) = Running::start(command.arg(folder.path().join("plc")));
        let plc_url = format!("http://127.0.0.1:{port}");
        let old = Served::start(folder.path(), "old", &plc_url, None);
        let new = Served::start(folder.path(), "new", &plc_url, Some(&old.url()));
        Self { old, new, plc_url, _plc: plc, folder }
    }

    /// Makes an account at the old host, with a rotation key of its owner's.
    pub(crate) fn account(&self, name: &str, key: Option<&str>) -> Account {
        let email = format!("{name}@example.com");
        let mut input = json!({
            "handle": format!("{name}.old.test"), "email": email, "password": OLD_PASSWORD,
        });
        if let Some(key) = key {
            input["recoveryKey"] = json!(key);
        }
        let made = self.old.post_json("com.atproto.server.createAccount", "", &input);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Account { did: text("did"), email, token: text("accessJwt") }
    }

    fn note(&self, account: &Account, record: &Value) {
        let input =
            json!({"repo": account.did, "collection": "com.example.note", "record": record});
        self.old.post_json("com.atproto.repo.createRecord", &account.token, &input);
    }

    /// Writes records at the old host.
    pub(crate) fn write(&self, account: &Account, count: usize) {
        for index in 0..count {
            let text = format!("note {index}");
            self.note(account, &json!({"$type": "com.example.note", "text": text}));
        }
    }

    /// Uploads a blob to the old host, with a record that refers to it, and returns its CID.
    pub(crate) fn write_blob(&self, account: &Account, bytes: &[u8]) -> String {
        let method = "com.atproto.repo.uploadBlob";
        let blob = self.old.post(method, &account.token, "image/png", bytes)["blob"].clone();
        self.note(account, &json!({"$type": "com.example.note", "blob": blob}));
        blob["ref"]["$link"].as_str().unwrap().to_owned()
    }

    /// Returns the code in the newest mail of the old host to somebody.
    pub(crate) fn mailed_code(&self, account: &Account) -> String {
        let mails = self.old.ask("GET /dev/mail", "", b"");
        let mut mails = mails.as_array().unwrap().iter();
        let mail = mails.find(|mail| mail["to"] == json!(account.email)).unwrap();
        let text = mail["text"].as_str().unwrap();
        text.lines().find(|line| line.starts_with("    ")).unwrap().trim().to_owned()
    }

    /// Returns where sessions are kept.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state/pagurus/moves")
    }

    /// Runs a command about moves to the new host, without a terminal.
    pub(crate) fn migrate(&self, command: &[&str]) -> Said {
        let passwords = [
            ("OLD_PASSWORD", OLD_PASSWORD),
            ("NEW_PASSWORD", NEW_PASSWORD),
            ("ADMIN_PASSWORD", "admin"),
        ];
        self.run(command, &passwords)
    }

    /// Runs one that is told no passwords.
    pub(crate) fn migrate_without_passwords(&self, command: &[&str]) -> Said {
        self.run(command, &[])
    }

    fn run(&self, command: &[&str], passwords: &[(&str, &str)]) -> Said {
        let to = self.new.url();
        let all = [&["migrate"], command, &["--to", &to, "--json"]].concat();
        self.pagurus(&all, passwords)
    }

    /// Runs any command, without a terminal.
    pub(crate) fn pagurus(&self, command: &[&str], passwords: &[(&str, &str)]) -> Said {
        let mut pagurus = pagurus();
        pagurus.args(command).env("XDG_STATE_HOME", self.folder.path().join("state"));
        let passwords = passwords.iter().map(|(name, text)| (format!("PAGURUS_{name}"), text));
        let output = pagurus.envs(passwords).stdin(Stdio::null()).output().unwrap();
        Said {
            status: output.status.code().unwrap(),
            json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            trouble: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
