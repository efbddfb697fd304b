//! How long a connection may say nothing: long between requests, short within a request's head.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a connection is kept without a request.
const IDLE_TIME: Duration = Duration::from_secs(120);
/// How long a request's head may take from its first byte on.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How often a connection changed between waiting and answering: odd while it answers. Clones are
/// the same connection's.
#[derive(Clone, Default)]
pub(super) struct Idle(Arc<AtomicU64>);

/// A request that is being answered.
pub(super) struct Busy(Idle);

/// A stream that breaks off when it is silent for too long while no request is being answered.
pub(super) struct Watched {
    stream: TcpStream,
    idle: Idle,
    /// What `idle` said when it was asked last.
    phase: u64,
    /// Whether some of a head is there.
    has_begun: bool,
    /// What the alarm is set for, if it is: the rest of a head, or anything at all.
    armed: Option<Await>,
    alarm: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Await {
    Request,
    Head,
}

impl Idle {
    /// Says that a request's head is there.
    pub(super) fn busy(&self) -> Busy {
        self.0.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }
}

impl Busy {
    /// Says that the request was answered. A connection that became something else stays busy.
    pub(super) fn done(self, status: StatusCode) {
        if status != StatusCode::SWITCHING_PROTOCOLS {
            self.0.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Watched {
    pub(super) fn new(stream: TcpStream, idle: Idle) -> Self {
        Self { stream, idle, phase: 0, has_begun: false, armed: None, alarm: None }
    }

    /// Sets the alarm, if it is not set for the same already. The timer is made once for each
    /// connection, and moving it to a later time is cheap.
    fn arm(&mut self) {
        let (wanted, time) =
            if self.has_begun { (Await::Head, HEAD_TIME) } else { (Await::Request, IDLE_TIME) };
        if self.armed == Some(wanted) {
            return;
        }
        self.armed = Some(wanted);
        let at = Instant::now() + time;
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().reset(at),
            None => self.alarm = Some(Box::pin(sleep_until(at))),
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let phase = self.idle.0.load(Ordering::Relaxed);
        if phase != self.phase {
            (self.phase, self.has_begun, self.armed) = (phase, false, None);
        }
        let filled = buf.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        // While a request is answered, the time of its body is watched where that is read.
        if phase % 2 == 1 {
            return outcome;
        }
        if outcome.is_ready() {
            self.has_begun |= buf.filled().len() > filled;
            return outcome;
        }
        self.arm();
        if let Some(alarm) = &mut self.alarm {
            ready!(alarm.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::Body;
    use http::Response;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::http::listen;
    use crate::tasks::Tasks;

    /// Starts a server that answers everything, and connects.
    async fn connect(tasks: &Tasks) -> TcpStream {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        listen(tasks, listener, 8, |_, _| async { Response::new(Body::from("well")) });
        TcpStream::connect(address).await.unwrap()
    }

    /// Returns what comes until the connection ends, and after how many seconds it does.
    async fn rest(client: &mut TcpStream) -> (String, u64) {
        let begun = Instant::now();
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.unwrap();
        (String::from_utf8(all).unwrap(), begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_end_ends_the_connection() {
        let tasks = Tasks::default();
        let mut client = connect(&tasks).await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
        let (answer, seconds) = rest(&mut client).await;
        assert!(answer.is_empty() && (10..=11).contains(&seconds), "{seconds} s: {answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_may_rest_between_requests() {
        let tasks = Tasks::default();
        let mut client = connect(&tasks).await;
        for _ in 0..3 {
            client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            let mut answer = [0; 1024];
            let length = client.read(&mut answer).await.unwrap();
            assert!(answer[..length].ends_with(b"well"));
            tokio::time::sleep(Duration::from_secs(100)).await;
        }
        let (answer, seconds) = rest(&mut client).await;
        assert!(answer.is_empty() && (19..=21).contains(&seconds), "{seconds} s: {answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stops_lets_go_of_those_who_rest() {
        let tasks = Tasks::default();
        let mut client = connect(&tasks).await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut answer = [0; 1024];
        assert!(client.read(&mut answer).await.unwrap() > 0);
        assert!(tasks.stop(Duration::from_secs(1)).await);
        assert_eq!(rest(&mut client).await, (String::new(), 0));
    }
}
