//! The firehose, as a subscriber sees it.

use std::time::Duration;

use futures_util::StreamExt as _;
use repo::event::Message;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::Pds;

/// How long an event may take to come.
const EVENT_TIME_MAX: Duration = Duration::from_secs(10);

/// An event, in the words of the protocol.
pub(crate) type Event = Message;

/// A subscription.
pub(crate) struct Stream(WebSocketStream<TcpStream>);

impl Pds {
    /// Subscribes to all events after a number; without one to those from now on.
    pub(crate) async fn subscribe(&self, cursor: Option<u64>) -> Stream {
        let cursor = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
        let (address, path) = (self.address, "com.atproto.sync.subscribeRepos");
        let stream = TcpStream::connect(address).await.expect("the server takes connections");
        let url = format!("ws://{address}/xrpc/{path}{cursor}");
        let (socket, _) =
            tokio_tungstenite::client_async(url, stream).await.expect("the server upgrades");
        Stream(socket)
    }

    /// Returns the first events there were.
    pub(crate) async fn events(&self, count: usize) -> Vec<Event> {
        self.subscribe(Some(0)).await.take(count).await
    }
}

impl Stream {
    /// Waits for the next event.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            let frame = timeout(EVENT_TIME_MAX, self.0.next()).await.expect("an event comes");
            match frame.expect("the stream goes on").expect("the stream is whole") {
                Frame::Binary(bytes) => {
                    return repo::event::decode(&bytes).expect("it is an event");
                }
                Frame::Close(close) => panic!("the stream was closed: {close:?}"),
                _ => {}
            }
        }
    }

    /// Waits for the next events.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.next().await);
        }
        events
    }
}
