//! `pagurus serve`, as a program: how it starts, what it says, how it stops.
#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A server that runs.
struct Served {
    child: Child,
    /// `127.0.0.1:PORT`
    address: String,
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagurus"));
    command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--plc-listen", "127.0.0.1:0"]);
    command.arg("--data").arg(data);
    command.env("PAGURUS_LOG__FORMAT", "json").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(mut command: Command) -> Served {
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("pagurus serves at http://localhost:");
    let port = url.unwrap_or_else(|| panic!("not ready: {line}"));
    let address = format!("127.0.0.1:{port}");
    Served { child, address }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn stop(served: Served) -> Output {
    let id = served.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    served.child.wait_with_output().unwrap()
}

#[test]
fn it_says_where_it_is_and_goes_when_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for _ in 0..2 {
        let served = start(command(&data));
        assert!(get(&served.address, "/xrpc/_health").contains(env!("CARGO_PKG_VERSION")));
        get(&served.address, "/robots.txt");
        let output = stop(served);
        assert_eq!(output.status.code(), Some(0));
        let log = String::from_utf8(output.stderr).unwrap();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let told: Vec<Value> = lines.filter(|line| line["message"] == "request").collect();
        assert_eq!(told.len(), 1, "the one that is not about health: {log}");
        assert_eq!((&told[0]["path"], &told[0]["status"]), (&"/robots.txt".into(), &200.into()));
    }
    for secret in ["sealing.key", "plc-rotation.key", "jwt.secret"] {
        let mode = fs::metadata(data.join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
}

#[test]
fn figures_are_served_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.args(["--admin-listen", "127.0.0.1:0"]);
    let mut served = start(command);
    let mut log = BufReader::new(served.child.stderr.take().unwrap()).lines();
    let line = log.find_map(|line| {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        (line["what"] == "figures").then_some(line)
    });
    let address = line.unwrap()["address"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        get(&served.address, "/xrpc/com.atproto.server.describeServer");
    }
    get(&served.address, "/xrpc/com.example.made.up");
    let figures = get(&address, "/metrics");
    let name = r#"method="com.atproto.server.describeServer",status="2xx"} 3"#;
    assert!(figures.contains(name), "{figures}");
    assert!(!figures.contains("made.up"), "names that anybody can make up are not kept");
    assert!(get(&served.address, "/metrics").starts_with("HTTP/1.1 404"));
    stop(served);
}

#[test]
fn what_keeps_it_from_starting_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pagurus.toml");
    fs::write(&file, "colour = \"red\"").unwrap();
    let mut unknown = command(folder.path());
    unknown.arg("--config").arg(&file);
    let mut variable = command(folder.path());
    variable.env("PAGURUS_COLOUR", "red");
    let served = start(command(folder.path()));
    let taken = command(folder.path());
    let mut port = command(&folder.path().join("other"));
    port.args(["--admin-listen", &served.address]);
    for (mut command, words) in [
        (unknown, "unknown field `colour`"),
        (variable, "PAGURUS_COLOUR"),
        (taken, "is in use by another program"),
        (port, "cannot listen on"),
    ] {
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let line = said.lines().find(|line| line.starts_with("pagurus: ")).unwrap_or_default();
        assert!(output.status.code() == Some(2) && line.contains(words), "{words}: {said}");
    }
    stop(served);
}
