//! The firehose, as a subscriber sees it.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use repo::event::Message;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

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
        let query = cursor.map(|cursor| format!("cursor={cursor}")).unwrap_or_default();
        self.subscribe_with(&query).await
    }

    /// Subscribes with a cursor of any form.
    pub(crate) async fn subscribe_with(&self, query: &str) -> Stream {
        subscribe_to(self.address, query).await
    }

    /// Returns the first events there were.
    pub(crate) async fn events(&self, count: usize) -> Vec<Event> {
        self.subscribe(Some(0)).await.take(count).await
    }
}

/// Subscribes to any server.
pub(crate) async fn subscribe_to(address: SocketAddr, query: &str) -> Stream {
    let stream = TcpStream::connect(address).await.expect("the server takes connections");
    let url = format!("ws://{address}/xrpc/com.atproto.sync.subscribeRepos?{query}");
    let (socket, _) =
        tokio_tungstenite::client_async(url, stream).await.expect("the server upgrades");
    Stream(socket)
}

impl Stream {
    /// Waits for the next event for so long.
    pub(crate) async fn next_within(&mut self, time_max: Duration) -> Option<Event> {
        timeout(time_max, self.next()).await.ok()
    }

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

    /// Reads to the end: the events until then, and the code and the words of the farewell.
    pub(crate) async fn rest(mut self) -> (Vec<Event>, Option<(u16, String)>) {
        let (mut events, mut farewell) = (Vec::new(), None);
        loop {
            let frame = timeout(EVENT_TIME_MAX, self.0.next()).await.expect("the stream ends");
            match frame {
                Some(Ok(Frame::Binary(bytes))) => {
                    events.push(repo::event::decode(&bytes).expect("it is an event"));
                }
                Some(Ok(Frame::Close(close))) => {
                    farewell = close.map(|close| (close.code.into(), close.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (events, farewell),
            }
        }
    }

    /// Says that nothing more is wanted.
    pub(crate) async fn close(&mut self) {
        let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        self.0.send(Frame::Close(Some(normal))).await.expect("the stream is open");
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
