//! A follower of the firehose, who comes back after each kill with its old cursor.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use repo::event::{CommitEvent, Message, decode};
use repo::slice::Slice;
use syntax::{Cid, Tid};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::writer::Book;

/// How long nothing has to come until everything has.
const QUIET: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(crate) struct Follower {
    cursor: u64,
    repos: HashMap<String, (Tid, Cid)>,
    commits: HashSet<String>,
}

impl Follower {
    /// Follows for a while.
    pub(crate) async fn follow_for(&mut self, url: &str, time: Duration) {
        let deadline = Instant::now() + time;
        let mut socket = self.connect(url).await;
        while let Ok(Some(frame)) = timeout_at(deadline, socket.next()).await {
            self.take(frame.unwrap());
        }
        tokio::time::sleep_until(deadline).await;
    }

    /// Follows until there is nothing more.
    pub(crate) async fn catch_up(&mut self, url: &str) {
        let mut socket = self.connect(url).await;
        while let Ok(Some(frame)) = timeout(QUIET, socket.next()).await {
            self.take(frame.unwrap());
        }
    }

    /// Checks that every commit that was answered was told.
    pub(crate) fn check(&self, book: &Book) {
        for commit in &book.commits {
            assert!(self.commits.contains(commit), "{commit} was answered and never told");
        }
    }

    async fn connect(&self, url: &str) -> WebSocketStream<TcpStream> {
        let address = url.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let cursor = self.cursor;
        let url = format!("ws://{address}/xrpc/com.atproto.sync.subscribeRepos?cursor={cursor}");
        tokio_tungstenite::client_async(url, stream).await.unwrap().0
    }

    fn take(&mut self, frame: Frame) {
        let Frame::Binary(frame) = frame else { return };
        let message = decode(&frame).unwrap();
        let seq = match &message {
            Message::Commit(commit) => commit.seq,
            Message::Sync(sync) => sync.seq,
            Message::Identity(identity) => identity.seq,
            Message::Account(account) => account.seq,
            other => panic!("{other:?}"),
        };
        assert!(seq > self.cursor, "{seq} comes after {}", self.cursor);
        self.cursor = seq;
        if let Message::Commit(commit) = message {
            self.take_commit(&commit);
        }
    }

    fn take_commit(&mut self, commit: &CommitEvent) {
        let slice = Slice::decode(&commit.blocks).unwrap();
        let before = self.repos.insert(commit.repo.to_string(), (commit.rev, slice.commit().data));
        match before {
            Some((rev, data)) => {
                assert_eq!(commit.since, Some(rev), "something was not told");
                assert_eq!(commit.prev_data, Some(data));
                assert_eq!(slice.invert(&commit.ops).unwrap(), data);
            }
            None => assert_eq!(commit.since, None),
        }
        self.commits.insert(commit.commit.to_string());
    }
}
