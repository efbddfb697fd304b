//! The program under test, as a process.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;

/// How long a server may take to be ready.
const START_TIME_MAX: Duration = Duration::from_secs(20);

/// A server that runs on a data directory.
pub(crate) struct Server {
    child: Child,
    port: u16,
    directory: PathBuf,
}

impl Server {
    /// Starts a server and waits until it answers.
    pub(crate) async fn start(directory: &Path) -> Self {
        Self::start_with(directory, &[]).await
    }

    /// Starts a server with some variables in its environment.
    pub(crate) async fn start_with(directory: &Path, variables: &[(&str, &OsStr)]) -> Self {
        let (port, plc_port) = (free_port(), free_port());
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(directory.join("server.log"))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_pagurus"))
            .args(["serve", "--dev", "--no-rate-limits", "--data"])
            .arg(directory.join("data"))
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(["--plc-listen", &format!("127.0.0.1:{plc_port}")])
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self { child, port, directory: directory.to_owned() };
        let client = Client::new(server.url());
        let begun = Instant::now();
        while !client.is_ready().await {
            assert!(begun.elapsed() < START_TIME_MAX, "the server does not answer");
            assert!(
                server.child.try_wait().unwrap().is_none(),
                "the server ended: {}",
                server.log()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Checks what is stored, with the program's own command.
    pub(crate) fn verify_data(&self) {
        let output = Command::new(env!("CARGO_BIN_EXE_pagurus"))
            .args(["repo", "verify", "--data"])
            .arg(self.directory.join("data"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// Returns what it wrote to its log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("server.log")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
