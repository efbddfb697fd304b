//! Following a server's firehose, and checking each event.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use crypto::PublicKey;
use futures_util::StreamExt as _;
use repo::event::{Message, decode};
use repo::slice::Slice;
use syntax::{Cid, Did};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite};

/// How long events may take to come.
const EVENT_TIME_MAX: Duration = Duration::from_secs(5);

/// A subscription.
pub(super) struct Firehose(WebSocketStream<TcpStream>);

impl Firehose {
    /// Subscribes to what comes from now on.
    pub(super) async fn subscribe(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("the firehose")?;
        let url = format!("ws://{address}/xrpc/com.atproto.sync.subscribeRepos");
        Ok(Self(client_async(url, stream).await.context("the firehose")?.0))
    }

    /// Returns the next event.
    async fn next(&mut self) -> anyhow::Result<Message> {
        loop {
            let frame = timeout(EVENT_TIME_MAX, self.0.next()).await.context("no event came")?;
            let frame = frame.context("the firehose has ended")??;
            if let tungstenite::Message::Binary(frame) = frame {
                return Ok(decode(&frame)?);
            }
        }
    }

    /// Follows up to the last of the commits, checks each, and returns the root of the last tree.
    pub(super) async fn follow(
        &mut self,
        did: &Did,
        commits: &[String],
        key: &PublicKey,
    ) -> anyhow::Result<Cid> {
        let mut expected = commits.iter();
        let mut data = None;
        loop {
            let Message::Commit(commit) = self.next().await? else { continue };
            ensure!(commit.repo == *did, "an event of somebody else");
            let slice = Slice::decode(&commit.blocks)?;
            slice.commit().verify(key).context("a commit is not signed by the account's key")?;
            // The first one is that of the empty repository, and there is none before it.
            if let Some(before) = data {
                ensure!(slice.invert(&commit.ops)? == before, "a commit does not undo");
                let next = expected.next().map(String::as_str);
                ensure!(next == Some(&commit.commit.to_string()), "another commit was told");
            }
            data = Some(slice.commit().data);
            if expected.len() == 0 {
                return Ok(slice.commit().data);
            }
        }
    }

    /// Follows an account that arrives with a tree, up to its first commit here.
    pub(super) async fn arrival(
        &mut self,
        did: &Did,
        data: &Cid,
        commit: &str,
        key: &PublicKey,
    ) -> anyhow::Result<()> {
        let (mut is_active, mut is_synced) = (false, false);
        loop {
            match self.next().await? {
                Message::Account(event) => {
                    ensure!(event.did == *did && event.active, "the account was told as closed");
                    is_active = true;
                }
                Message::Sync(event) => {
                    let slice = Slice::decode(&event.blocks)?;
                    let signed = slice.commit().verify(key);
                    signed.context("the tree is not signed by the account's new key")?;
                    ensure!(slice.commit().data == *data, "another tree was told than has moved");
                    is_synced = true;
                }
                Message::Commit(event) => {
                    ensure!(is_active && is_synced, "a commit was told before the account");
                    let slice = Slice::decode(&event.blocks)?;
                    let signed = slice.commit().verify(key);
                    signed.context("the commit is not signed by the account's new key")?;
                    ensure!(slice.invert(&event.ops)? == *data, "the commit does not undo");
                    ensure!(event.commit.to_string() == commit, "another commit was told");
                    return Ok(());
                }
                _ => {}
            }
        }
    }
}
