//! The other implementation, in a process of its own.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A running server: see `repo.mjs`. It ends when this is dropped.
pub(crate) struct Node {
    process: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// The requests that were sent and whose replies were not read.
    pending: VecDeque<String>,
}

#[derive(Deserialize)]
struct Reply {
    ok: Option<Value>,
    error: Option<String>,
}

/// Returns the directory where the packages are installed, or says that the test is skipped.
pub(crate) fn directory() -> Option<PathBuf> {
    let directory = named();
    if directory.is_none() {
        say("skipped: PAGURUS_INTEROP does not name the directory of the packages");
    }
    directory
}

#[expect(clippy::disallowed_methods, reason = "where the packages are is the caller's to say")]
fn named() -> Option<PathBuf> {
    let named = std::env::var_os("PAGURUS_INTEROP").map(PathBuf::from)?;
    // Relative to the workspace's root, from where the tests are started.
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(named);
    Some(
        directory.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", directory.display())),
    )
}

/// Returns the seed of what is random.
#[expect(clippy::disallowed_methods, reason = "a failure is looked into with its seed")]
pub(crate) fn seed() -> u64 {
    std::env::var("PAGURUS_SEED").map_or(20_260_101, |seed| seed.parse().unwrap())
}

#[expect(clippy::print_stdout, reason = "what a test tells is part of it")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Returns the command that runs a script of the directory.
pub(crate) fn command(directory: &Path, script: &str) -> Command {
    let own = directory.join("node_modules/node/bin/node");
    let program = if own.exists() { own } else { PathBuf::from("node") };
    let mut command = Command::new(program);
    command.arg(directory.join(script)).current_dir(directory);
    command
}

impl Node {
    /// Starts the server.
    pub(crate) fn start(directory: &Path) -> Self {
        let mut process = command(directory, "repo.mjs")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = BufWriter::new(process.stdin.take().unwrap());
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output, pending: VecDeque::new() }
    }

    /// Sends a request that has nothing to reply but that all is well. Its reply is read with the
    /// next one, so that both sides have something to do.
    pub(crate) fn tell(&mut self, request: &str, mut body: Value) {
        body["request"] = json!(request);
        serde_json::to_writer(&mut self.input, &body).unwrap();
        self.input.write_all(b"\n").unwrap();
        self.input.flush().unwrap();
        self.pending.push_back(request.to_owned());
    }

    /// Sends a request and returns its reply.
    ///
    /// # Panics
    ///
    /// Panics if this or an earlier request failed.
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, request: &str, body: Value) -> T {
        self.tell(request, body);
        serde_json::from_value(self.settle()).unwrap()
    }

    /// Reads all replies that are still to come and returns the last.
    pub(crate) fn settle(&mut self) -> Value {
        let mut last = Value::Null;
        while let Some(request) = self.pending.pop_front() {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            let reply: Reply = serde_json::from_str(&line).unwrap();
            if let Some(error) = reply.error {
                panic!("the other side fails at {request}: {error}");
            }
            last = reply.ok.unwrap_or_default();
        }
        last
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
