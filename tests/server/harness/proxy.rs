//! A proxy in front of a server, for what goes wrong between hosts.
//!
//! It does with each request what the test has told it, or lets it through. A request is known by
//! part of its first line: `GET /xrpc/com.atproto.sync.getBlob?did=…`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::ask;

/// What happens to a request.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It goes through.
    Pass,
    /// It is answered by the proxy, with a status, a header and a body.
    Answer(u16, (&'static str, String), Bytes),
    /// It is answered by the proxy, with several headers.
    Say(u16, Vec<(&'static str, String)>, Bytes),
    /// The connection breaks before the request has gone through.
    Refuse,
    /// The request goes through, and the connection breaks before the answer.
    Forget,
    /// So many bytes of the answer's body come, and then the connection breaks.
    Cut(usize),
    /// So many bytes of the answer's body come, as if that were all.
    Shorten(usize),
    /// One byte of the answer's body is another.
    Flip(usize),
    /// The answer has another body.
    Replace(Bytes),
    /// After the answer's body these bytes come, again and again.
    Endless(Bytes),
    /// In the answer's body some text is another one.
    Swap(&'static str, &'static str),
    /// It goes through with other credentials, as if the server took those that came for as good.
    With(String),
    /// The same, and the connection breaks before the answer.
    WithAndForget(String),
    /// It goes through once the gate is open.
    Hold(Gate),
}

/// Something that a request waits for.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

/// A proxy. It ends with the test.
pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    to: Mutex<String>,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Seen>>,
}

struct Rule {
    what: String,
    left: usize,
    fault: Fault,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Its method and where it goes, with all parameters.
    pub(crate) line: String,
    /// The header `Range`.
    pub(crate) range: Option<String>,
    /// All headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl Fault {
    /// Answers as servers do that fail.
    pub(crate) fn status(status: u16) -> Self {
        Self::refusal(status, "Trouble", "the proxy is in a bad mood")
    }

    /// Answers as servers of the protocol refuse.
    pub(crate) fn refusal(status: u16, name: &str, message: &str) -> Self {
        let body = serde_json::json!({ "error": name, "message": message }).to_string();
        Self::Answer(status, ("content-type", "application/json".to_owned()), body.into())
    }

    /// Answers that there were too many requests.
    pub(crate) fn busy(seconds: u32) -> Self {
        Self::Answer(429, ("retry-after", seconds.to_string()), Bytes::new())
    }

    /// Leads elsewhere.
    pub(crate) fn redirect(to: &str) -> Self {
        Self::Answer(302, ("location", to.to_owned()), Bytes::new())
    }
}

impl Gate {
    /// Opens it, for good.
    pub(crate) fn open(&self) {
        self.0.close();
    }

    async fn pass(&self) {
        // It is never given a permit, so that it is open when there is an error.
        drop(self.0.acquire().await);
    }
}

impl Proxy {
    /// Listens. Until it is told where they go, requests get no answer.
    pub(crate) async fn listen() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.expect("there is a port"))
    }

    /// Serves what comes to an address.
    pub(crate) fn on(listener: TcpListener) -> Self {
        let port = listener.local_addr().expect("it listens").port();
        let state: Arc<State> = Arc::default();
        let (shared, client) = (Arc::clone(&state), ask::client());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (state, client) = (Arc::clone(&shared), client.clone());
                tokio::spawn(async move {
                    // What comes of it is for the other side to see.
                    let _ = serve(socket, &state, &client).await;
                });
            }
        });
        Self { port, state }
    }

    /// Listens in front of a server.
    pub(crate) async fn before(url: &str) -> Self {
        let proxy = Self::listen().await;
        proxy.forward_to(url);
        proxy
    }

    /// Says where requests go.
    pub(crate) fn forward_to(&self, url: &str) {
        url.clone_into(&mut lock(&self.state.to));
    }

    /// Returns where it listens.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Does something with each request of a kind from now on.
    pub(crate) fn always(&self, what: &str, fault: Fault) {
        self.times(usize::MAX, what, fault);
    }

    /// Does something with the next request of a kind that nothing else was said about.
    pub(crate) fn once(&self, what: &str, fault: Fault) {
        self.times(1, what, fault);
    }

    /// Does something with the next few requests of a kind that nothing else was said about.
    pub(crate) fn times(&self, count: usize, what: &str, fault: Fault) {
        let what = what.to_owned();
        lock(&self.state.rules).push(Rule { what, left: count, fault });
    }

    /// Holds requests of a kind until the gate is open.
    pub(crate) fn hold(&self, what: &str) -> Gate {
        let gate = Gate(Arc::new(Semaphore::new(0)));
        self.always(what, Fault::Hold(gate.clone()));
        gate
    }

    /// Lets everything through from now on.
    pub(crate) fn let_through(&self) {
        lock(&self.state.rules).clear();
    }

    /// Returns the requests of a kind that have come, the first first.
    pub(crate) fn seen(&self, what: &str) -> Vec<Seen> {
        let seen = lock(&self.state.seen);
        seen.iter().filter(|seen| seen.line.contains(what)).cloned().collect()
    }

    /// Counts the requests of a kind that have come.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.seen(what).len()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Returns what is to happen to a request.
    fn fault(&self, line: &str) -> Fault {
        let mut rules = lock(&self.rules);
        let rule = rules.iter_mut().find(|rule| rule.left > 0 && line.contains(&rule.what));
        rule.map_or(Fault::Pass, |rule| {
            rule.left -= 1;
            rule.fault.clone()
        })
    }
}

/// Serves one request; the next one is made on another connection.
async fn serve(
    mut socket: TcpStream,
    state: &State,
    client: &ask::Client,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Some(mut request) = read(&mut socket).await? else { return Ok(()) };
    let line = format!("{} {}", request.method(), request.uri());
    let range = request.headers().get("range").and_then(|range| range.to_str().ok());
    lock(&state.seen).push(Seen {
        line: line.clone(),
        range: range.map(str::to_owned),
        headers: request.headers().clone(),
        body: request.body().clone().into(),
    });
    let fault = state.fault(&line);
    match &fault {
        Fault::Refuse => return Ok(()),
        Fault::Answer(status, header, body) => {
            return say(&mut socket, *status, std::slice::from_ref(header), body).await;
        }
        Fault::Say(status, headers, body) => {
            return say(&mut socket, *status, headers, body).await;
        }
        Fault::Hold(gate) => gate.pass().await,
        Fault::With(credentials) | Fault::WithAndForget(credentials) => {
            request.headers_mut().insert(AUTHORIZATION, credentials.parse()?);
        }
        _ => {}
    }
    let answer = forward(request, state, client).await?;
    if matches!(fault, Fault::Forget | Fault::WithAndForget(_)) {
        return Ok(());
    }
    let (head, mut body) = answer.into_parts();
    let mut length = body.len();
    match &fault {
        Fault::Cut(bytes) => body.truncate(*bytes),
        Fault::Replace(other) => (length, body) = (other.len(), other.to_vec()),
        Fault::Flip(index) => body[*index] ^= 1,
        Fault::Swap(text, other) => {
            body = String::from_utf8(body)?.replace(text, other).into_bytes();
            length = body.len();
        }
        Fault::Shorten(bytes) => {
            body.truncate(*bytes);
            length = body.len();
        }
        Fault::Endless(_) => length = usize::MAX / 2,
        _ => {}
    }
    let mut out = format!("HTTP/1.1 {} Passed\r\n", head.status.as_u16()).into_bytes();
    for (name, value) in &head.headers {
        if ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(name) {
            out.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
    }
    out.extend(format!("content-length: {length}\r\nconnection: close\r\n\r\n").bytes());
    out.extend(body);
    socket.write_all(&out).await?;
    while let Fault::Endless(more) = &fault {
        socket.write_all(more).await?;
    }
    Ok(())
}

/// Answers a request.
async fn say(
    socket: &mut TcpStream,
    status: u16,
    headers: &[(&'static str, String)],
    body: &[u8],
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut head = format!("HTTP/1.1 {status} Fault\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
    socket.write_all(&[head.as_bytes(), body].concat()).await?;
    Ok(())
}

/// Reads a request; `None` if none comes.
async fn read(
    socket: &mut TcpStream,
) -> Result<Option<Request<Vec<u8>>>, Box<dyn std::error::Error + Send + Sync>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec())?;
    let mut body = bytes.split_off(end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let mut request = Request::builder()
        .method(first.next().unwrap_or_default())
        .uri(first.next().unwrap_or_default());
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        request = request.header(name, value.trim());
    }
    let length = request.headers_ref().and_then(|headers| headers.get(CONTENT_LENGTH));
    let length = length.map_or(Ok(0), |length| length.to_str().unwrap_or_default().parse())?;
    while body.len() < length {
        if socket.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(request.body(body)?))
}

async fn forward(
    request: Request<Vec<u8>>,
    state: &State,
    client: &ask::Client,
) -> Result<Response<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>> {
    let (mut head, body) = request.into_parts();
    head.uri = format!("{}{}", lock(&state.to), head.uri).parse()?;
    for name in [HOST, CONNECTION, CONTENT_LENGTH] {
        head.headers.remove(name);
    }
    let answer = client.request(Request::from_parts(head, Full::new(body.into()))).await?;
    let (head, body) = answer.into_parts();
    Ok(Response::from_parts(head, body.collect().await?.to_bytes().to_vec()))
}
