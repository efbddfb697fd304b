//! How long a connection may say nothing: long between requests, short within a request's head. And how it ends:
//! who is still sending what nobody reads any more is heard out, as their answer would be lost otherwise.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
/// How long a client may be silent after the last answer before the connection is let go of.
const LAST_SILENCE: Duration = Duration::from_secs(5);
/// How long a client may go on sending after the last answer. Most send all of a body before they read why it
/// was refused.
const LAST_TIME: Duration = Duration::from_secs(30);
/// How much of it is read at once.
const LAST_BYTES: usize = 16 * 1024;

/// What a connection is about. Clones are the same connection's.
#[derive(Clone, Default)]
pub(super) struct Idle(Arc<State>);

#[derive(Default)]
struct State {
    /// How often it changed between waiting and answering: odd while it answers.
    phase: AtomicU64,
    /// Whether the server stops.
    is_last: AtomicBool,
}

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
    /// When the connection is let go of at the latest, once the last answer was sent.
    last: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Await {
    Request,
    Head,
}

impl Idle {
    /// Says that a request's head is there.
    pub(super) fn busy(&self) -> Busy {
        self.0.phase.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }

    /// Says that the server stops: then nobody is waited for who has their answer.
    pub(super) fn stop(&self) {
        self.0.is_last.store(true, Ordering::Relaxed);
    }
}

impl Busy {
    /// Says that the request was answered. A connection that became something else stays busy.
    pub(super) fn done(self, status: StatusCode) {
        if status != StatusCode::SWITCHING_PROTOCOLS {
            self.0.0.phase.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Watched {
    pub(super) fn new(stream: TcpStream, idle: Idle) -> Self {
        Self { stream, idle, phase: 0, has_begun: false, armed: None, alarm: None, last: None }
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
        self.set_alarm(Instant::now() + time);
    }

    fn set_alarm(&mut self, at: Instant) {
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().reset(at),
            None => self.alarm = Some(Box::pin(sleep_until(at))),
        }
    }

    /// Reads and forgets what a client still sends, until it ends too or has had its time. A socket that is closed
    /// with something unread in it takes the answer back that the client has not read yet.
    fn hear_out(&mut self, last: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let mut room = [MaybeUninit::uninit(); LAST_BYTES];
        loop {
            let mut buf = ReadBuf::uninit(&mut room);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    let now = Instant::now();
                    // The alarm says nothing to a task that always has something to read.
                    if now >= last {
                        return Poll::Ready(());
                    }
                    self.set_alarm(last.min(now + LAST_SILENCE));
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        self.alarm.as_mut().map_or(Poll::Ready(()), |alarm| alarm.as_mut().poll(cx))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let phase = self.idle.0.phase.load(Ordering::Relaxed);
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
        let last = match self.last {
            Some(last) => last,
            None => {
                ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
                let now = Instant::now();
                self.set_alarm(now + LAST_SILENCE);
                *self.last.insert(now + LAST_TIME)
            }
        };
        if self.idle.0.is_last.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        self.hear_out(last, cx).map(Ok)
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
    use tokio::task::JoinHandle;

    use super::*;
    use crate::http::listen;
    use crate::tasks::Tasks;

    /// A request whose body is larger than sockets hold, and is not read by the server.
    fn large() -> Vec<u8> {
        const BYTES: usize = 20_000_000;
        let mut request =
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {BYTES}\r\n\r\n").into_bytes();
        request.resize(request.len() + BYTES, b'x');
        request
    }

    /// Starts a server that answers everything, and connects.
    async fn connect(tasks: &Tasks) -> TcpStream {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        listen(tasks, listener, 8, |_, _| async { Response::new(Body::from("well")) });
        TcpStream::connect(address).await.unwrap()
    }

    /// Connects to a server that has room for one connection; with a task that ends when it has that again.
    async fn connect_alone() -> (TcpStream, JoinHandle<()>) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::default();
        listen(&tasks, listener, 1, |_, _| async { Response::new(Body::from("well")) });
        let client = TcpStream::connect(address).await.unwrap();
        let place = tokio::spawn(async move {
            let mut next = TcpStream::connect(address).await.unwrap();
            next.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            assert!(next.read(&mut [0; 1024]).await.unwrap() > 0);
        });
        (client, place)
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

    #[tokio::test]
    async fn who_sends_all_before_they_listen_gets_their_answer() {
        let tasks = Tasks::default();
        let mut client = connect(&tasks).await;
        client.write_all(&large()).await.unwrap();
        let (answer, _) = rest(&mut client).await;
        assert!(answer.ends_with("well"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_no_more_of_a_body_is_let_go_of() {
        let (mut client, place) = connect_alone().await;
        client.write_all(&large()[..1000]).await.unwrap();
        let (answer, seconds) = rest(&mut client).await;
        assert!(answer.ends_with("well") && seconds == 0, "{seconds} s: {answer}");
        let begun = Instant::now();
        place.await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_ends_a_body_is_let_go_of() {
        let (mut client, place) = connect_alone().await;
        client.write_all(&large()[..1000]).await.unwrap();
        let begun = Instant::now();
        while !place.is_finished() {
            // In the end nobody takes it any more.
            let _ = client.write_all(b"x").await;
            // The clock stands still while it is read.
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(10)))
                .await
                .unwrap();
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!((30..=32).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
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
