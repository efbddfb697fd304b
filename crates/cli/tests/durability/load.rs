//! Many at a time: connections that say nothing, and subscribers that hear everything.

use std::fs;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use repo::event::{Message, decode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::client::Client;
use crate::server::Server;

const CONNECTIONS: usize = 10_000;
/// File descriptors that are not for connections.
const OTHER_FILES: usize = 200;
const SUBSCRIBERS: usize = 1_000;
const WRITES: usize = 100;
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns how many connections this system lets a program have.
fn connections_max() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let soft = files.split_whitespace().nth(3).unwrap();
    soft.parse().map_or(CONNECTIONS, |files: usize| CONNECTIONS.min(files - OTHER_FILES))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_rest_are_held_and_others_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path()).await;
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut held = Vec::new();
    for _ in 0..connections_max() {
        held.push(TcpStream::connect(&address).await.unwrap());
    }
    let client = Client::new(server.url());
    assert!(client.is_ready().await);
    client.create_account("alice").await;
    // All of them are still there: each is answered in the end.
    let ask = format!("GET /xrpc/_health HTTP/1.1\r\nhost: {address}\r\n\r\n");
    for connection in &mut held {
        connection.write_all(ask.as_bytes()).await.unwrap();
    }
    for connection in &mut held {
        let mut answer = [0; 15];
        timeout(PATIENCE, connection.read_exact(&mut answer)).await.unwrap().unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_subscribers_hear_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path()).await;
    let client = Client::new(server.url());
    let alice = client.create_account("alice").await;
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut sockets = Vec::new();
    for _ in 0..SUBSCRIBERS {
        let stream = TcpStream::connect(&address).await.unwrap();
        let url = format!("ws://{address}/xrpc/com.atproto.sync.subscribeRepos");
        sockets.push(client_async(url, stream).await.unwrap().0);
    }
    // One more that reads nothing holds nobody up.
    let url = format!("ws://{address}/xrpc/com.atproto.sync.subscribeRepos?cursor=0");
    let silent = TcpStream::connect(&address).await.unwrap();
    let _silent = client_async(url, silent).await.unwrap();

    let heard: Vec<_> = sockets
        .into_iter()
        .map(|mut socket| {
            tokio::spawn(async move {
                let mut commits = Vec::new();
                while commits.len() < WRITES {
                    let frame = timeout(PATIENCE, socket.next()).await.unwrap().unwrap();
                    let Frame::Binary(frame) = frame.unwrap() else { continue };
                    if let Message::Commit(commit) = decode(&frame).unwrap() {
                        commits.push((commit.seq, commit.commit.to_string()));
                    }
                }
                commits
            })
        })
        .collect();
    let mut written = Vec::new();
    for index in 0..WRITES {
        let record = json!({"$type": "com.example.note", "text": "x".repeat(index)});
        let input = json!({"repo": alice.did, "collection": "com.example.note", "record": record});
        let answer = client.write(&alice, "createRecord", input).await.unwrap();
        written.push(answer["commit"]["cid"].as_str().unwrap().to_owned());
    }
    for commits in join_all(heard).await {
        let commits = commits.unwrap();
        assert!(commits.is_sorted_by(|left, right| left.0 < right.0));
        let cids: Vec<&String> = commits.iter().map(|(_, cid)| cid).collect();
        assert_eq!(cids, written.iter().collect::<Vec<_>>());
    }
}
