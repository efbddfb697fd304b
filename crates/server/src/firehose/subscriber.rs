//! One subscriber, from its request to its end.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Response;
use http::request::Parts;
use repo::event::{encode_error, encode_info};
use store::StoredEvent;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

use super::Firehose;
use super::socket::{Socket, Upgrade};
use crate::pds::Pds;

/// How long a subscriber may take for what is sent to it at once.
const STALL_TIME_MAX: Duration = Duration::from_secs(30);
/// How long a subscriber that once had everything may lag so far behind that the ring does not have
/// what it wants next.
const BEHIND_TIME_MAX: Duration = Duration::from_secs(60);
/// How long the words of farewell may take.
const FAREWELL_TIME_MAX: Duration = Duration::from_secs(5);
/// How long nothing is sent before the connection is tried.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Why a subscription ends.
enum End {
    /// The subscriber has gone.
    Gone,
    /// The server stops.
    Stopping,
    /// An error that the subscriber is told.
    Told { name: &'static str, message: String },
}

struct Subscriber {
    firehose: Firehose,
    socket: Socket,
    /// The number of the last event that was sent.
    last: u64,
    /// Since when the ring does not have what comes next, after it once did.
    behind_since: Option<Instant>,
    /// Whether the subscriber has had everything that there was.
    has_been_live: bool,
}

/// Answers a request to subscribe.
pub(super) fn accept(firehose: Firehose, pds: &Pds, mut head: Parts) -> Response<Body> {
    let (upgrade, response) = match Upgrade::of(&mut head) {
        Ok(upgrade) => upgrade,
        Err(response) => return *response,
    };
    let cursor = cursor(head.uri.query().unwrap_or_default());
    // Before the answer: what happens after it is told.
    let last = firehose.newest();
    let tasks = pds.tasks.clone();
    pds.tasks.spawn(async move {
        let socket = match upgrade.socket().await {
            Ok(socket) => socket,
            Err(error) => return tracing::debug!(%error, "connection ended before its upgrade"),
        };
        let _counted = firehose.count();
        let mut subscriber =
            Subscriber { firehose, socket, last, behind_since: None, has_been_live: false };
        let end = tokio::select! {
            end = subscriber.serve(cursor) => end,
            () = tasks.stopping() => End::Stopping,
        };
        subscriber.end(end).await;
    });
    response
}

/// Reads the one parameter. It is an integer that may be negative.
fn cursor(query: &str) -> Result<Option<i64>, String> {
    let mut cursor = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // One without a value is none, as with all parameters.
        if name == "cursor" && !value.is_empty() {
            let number = value.parse().map_err(|_| "cursor must be an integer".to_owned())?;
            cursor = Some(number);
        }
    }
    Ok(cursor)
}

impl Subscriber {
    /// Sends events until something ends it.
    async fn serve(&mut self, cursor: Result<Option<i64>, String>) -> End {
        if let Err(end) = self.begin(cursor).await {
            return end;
        }
        match self.feed().await {
            Err(end) => end,
            Ok(never) => match never {},
        }
    }

    /// Finds where to begin.
    async fn begin(&mut self, cursor: Result<Option<i64>, String>) -> Result<(), End> {
        let told = |name, message: &str| End::Told { name, message: message.to_owned() };
        let cursor = cursor.map_err(|message| told("InvalidRequest", &message))?;
        let Some(cursor) = cursor else { return Ok(()) };
        let cursor = u64::try_from(cursor).unwrap_or_default();
        if cursor > self.last {
            return Err(told("FutureCursor", "Cursor in the future."));
        }
        let pruned = self.firehose.0.store.read(|tx| tx.pruned_to()).await.map_err(failed)?;
        if cursor < pruned {
            let message = "Requested cursor exceeded limit. Possibly missing events";
            self.send(vec![encode_info("OutdatedCursor", message).into()]).await?;
        }
        self.last = cursor;
        Ok(())
    }

    /// Sends what comes after what was sent.
    async fn feed(&mut self) -> Result<std::convert::Infallible, End> {
        let mut newest = self.firehose.0.newest.clone();
        loop {
            newest.borrow_and_update();
            let events = match self.firehose.recent(self.last) {
                Some(events) => {
                    self.behind_since = None;
                    events
                }
                None => {
                    self.note_behind()?;
                    self.firehose.stored(self.last).await.map_err(failed)?
                }
            };
            match events.last() {
                Some(last) => {
                    self.last = last.seq;
                    self.send_events(events).await?;
                }
                None => {
                    self.has_been_live = true;
                    self.wait(&mut newest).await?;
                }
            }
        }
    }

    fn note_behind(&mut self) -> Result<(), End> {
        if !self.has_been_live {
            return Ok(());
        }
        if self.behind_since.get_or_insert_with(Instant::now).elapsed() > BEHIND_TIME_MAX {
            return Err(too_slow());
        }
        Ok(())
    }

    async fn send_events(&mut self, events: Vec<StoredEvent>) -> Result<(), End> {
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        self.send(events.into_iter().map(|event| event.frame).collect()).await?;
        metrics::counter!("pagurus_firehose_sent_total").increment(count);
        Ok(())
    }

    /// Sends frames together, within the time that a subscriber has.
    async fn send(&mut self, frames: Vec<Bytes>) -> Result<(), End> {
        let socket = &mut self.socket;
        let sending = async {
            for frame in frames {
                socket.feed(Message::Binary(frame)).await?;
            }
            socket.flush().await
        };
        match timeout(STALL_TIME_MAX, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(gone(&error)),
            Err(_) => Err(too_slow()),
        }
    }

    /// Waits for something new, and answers what the subscriber says meanwhile.
    async fn wait(&mut self, newest: &mut tokio::sync::watch::Receiver<u64>) -> Result<(), End> {
        loop {
            tokio::select! {
                changed = newest.changed() => {
                    return changed.map_err(|_| End::Stopping);
                }
                message = timeout(PING_INTERVAL, self.socket.next()) => match message {
                    // Subscribers have nothing to say; pings are answered by the socket itself.
                    Ok(Some(Ok(Message::Close(_)))) | Ok(None) => return Err(End::Gone),
                    Ok(Some(Ok(_))) => {}
                    Ok(Some(Err(error))) => return Err(gone(&error)),
                    Err(_) => self.ping().await?,
                },
            }
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        match timeout(STALL_TIME_MAX, self.socket.send(Message::Ping(Bytes::new()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(gone(&error)),
            Err(_) => Err(too_slow()),
        }
    }

    /// Says why, and closes.
    async fn end(mut self, end: End) {
        let (code, reason) = match &end {
            End::Gone | End::Stopping => (CloseCode::Away, "server stops"),
            End::Told { name, .. } => (CloseCode::Policy, *name),
        };
        let farewell = async {
            if let End::Told { name, message } = &end {
                tracing::info!(error = name, last = self.last, "a subscription ends");
                self.socket.send(Message::Binary(encode_error(name, message).into())).await?;
            }
            match end {
                // Who has closed it gets the answer that the socket has for them.
                End::Gone => self.socket.flush().await?,
                End::Stopping | End::Told { .. } => {
                    self.socket.close(Some(CloseFrame { code, reason: reason.into() })).await?;
                }
            }
            // The other side may have something to say to that, and then closes the connection.
            while let Some(message) = self.socket.next().await {
                message?;
            }
            Ok::<_, tungstenite::Error>(())
        };
        if let Ok(Err(error)) = timeout(FAREWELL_TIME_MAX, farewell).await {
            tracing::debug!(%error, "a subscriber did not hear the end");
        }
    }
}

fn too_slow() -> End {
    End::Told { name: "ConsumerTooSlow", message: "Stream consumer too slow".to_owned() }
}

fn gone(error: &tungstenite::Error) -> End {
    tracing::debug!(%error, "a subscriber has gone");
    End::Gone
}

fn failed(error: store::Error) -> End {
    tracing::error!(%error, "a subscriber cannot be served");
    End::Told { name: "InternalServerError", message: "Internal Server Error".to_owned() }
}
