//! The client against servers that mean it well, and servers that do not.

mod redirects;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame};

use super::testing::{Net, Piece, Rebinding, Script, response};
use super::*;
use crate::origin::OriginError;

const LIMITS: Limits = Limits::document(Duration::from_secs(5), 4096);

fn says(body: &'static str) -> Script {
    Arc::new(move |_| response("200", "", body))
}

/// Returns a script that keeps the requests that it is sent, and what it has kept.
fn keeps(body: &'static str) -> (Script, Arc<Mutex<Vec<String>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    let script: Script = Arc::new(move |request| {
        keep.lock().unwrap().push(request.to_owned());
        response("200", "", body)
    });
    (script, kept)
}

async fn get(client: &Client, url: &str, limits: &Limits) -> Result<Bytes, Error> {
    let response = client.get(url.parse().unwrap(), "*/*", limits).await?;
    assert_eq!(response.status(), StatusCode::OK);
    Ok(response.into_body())
}

/// Returns the refusal that a request meets. Nothing must have been connected to.
async fn refusal(net: &Net, client: &Client, url: &str) -> Refusal {
    match get(client, url, &LIMITS).await {
        Err(Error::Refused(refusal)) => {
            assert_eq!(net.take_dialed(), [], "{url}");
            refusal
        }
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test]
async fn a_public_server_is_reached_and_its_connection_kept() {
    let mut net = Net::new();
    let public = net.https("a.test", says("hello")).await;
    let client = net.client(Strangers::default());
    for _ in 0..3 {
        assert_eq!(get(&client, "https://a.test/x", &LIMITS).await.unwrap(), "hello");
    }
    assert_eq!(net.take_dialed(), [public]);
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let mut net = Net::new();
    let (script, kept) = keeps("");
    net.https("a.test", script).await;
    let client = net.client(Strangers::default());
    let chunks = ["one ", "two"].map(|text| Ok(Frame::data(Bytes::from_static(text.as_bytes()))));
    let body = Chunks(chunks.into_iter().collect()).boxed_unsync();
    let request = Request::post("https://a.test/p?q=1").header(AUTHORIZATION, "DPoP x").body(body);
    let response = client.send(request.unwrap(), &LIMITS).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let request = kept.lock().unwrap().pop().unwrap();
    assert!(request.starts_with("POST /p?q=1 HTTP/1.1\r\n"), "{request}");
    for part in
        ["host: a.test\r\n", "authorization: DPoP x\r\n", "user-agent: pagurus/", "one ", "two"]
    {
        assert!(request.contains(part), "{part} in {request}");
    }
}

#[tokio::test]
async fn what_is_not_public_is_not_connected_to() {
    let mut net = Net::new();
    let local = net.local(says("secret")).await;
    let any_port = Strangers { ports: Ports::Any, http_allowed: true, ..Strangers::default() };
    let client = net.client(any_port);
    let port = local.port();
    for host in [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "0.0.0.0",
        "[::]",
        "[fd00::1]",
        "[2002:7f00:1::]",
        "localhost",
        "a.localhost",
    ] {
        for scheme in ["http", "https"] {
            let refusal = refusal(&net, &client, &format!("{scheme}://{host}:{port}/")).await;
            assert!(matches!(refusal, Refusal::Address(_)), "{host}: {refusal}");
        }
    }
    for address in ["127.0.0.1", "::ffff:10.0.0.1", "192.168.1.1", "fe80::1"] {
        net.dns.set_addresses("inside.test", vec![address.parse().unwrap()]);
        let refusal = refusal(&net, &client, "https://inside.test/").await;
        assert_eq!(refusal, Refusal::Address(address.parse().unwrap()));
    }
    for host in ["127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "localhost."] {
        let refusal = refusal(&net, &client, &format!("http://{host}:{port}/")).await;
        assert_eq!(refusal, Refusal::Url(OriginError::Host), "{host}");
    }
}

#[tokio::test]
async fn only_the_public_addresses_of_a_host_are_used() {
    let mut net = Net::new();
    let public = net.https("a.test", says("hello")).await;
    net.dns.set_addresses("a.test", vec!["127.0.0.1".parse().unwrap(), public.ip()]);
    let client = net.client(Strangers::default());
    assert_eq!(get(&client, "https://a.test", &LIMITS).await.unwrap(), "hello");
    assert_eq!(net.take_dialed(), [public]);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let mut net = Net::new();
    let close: Script = Arc::new(|_| response("200", "connection: close\r\n", "hello"));
    let public = net.https("a.test", close).await;
    let dns = Rebinding::new(vec![public.ip(), "127.0.0.1".parse().unwrap()]);
    let client = net.client_with(Arc::new(dns), Strangers::default());
    // One answer is asked for, checked, and connected to.
    assert_eq!(get(&client, "https://a.test", &LIMITS).await.unwrap(), "hello");
    assert_eq!(net.take_dialed(), [public]);
    let refusal = refusal(&net, &client, "https://a.test").await;
    assert_eq!(refusal, Refusal::Address("127.0.0.1".parse().unwrap()));
}

#[tokio::test]
async fn schemes_ports_and_urls_are_checked_before_anything_else() {
    let net = Net::new();
    let client = net.client(Strangers::default());
    for (url, expected) in [
        ("http://a.test/", Refusal::Scheme),
        ("ftp://a.test/", Refusal::Url(OriginError::Scheme)),
        ("https://a.test:8443/", Refusal::Port(8443)),
        ("https://a.test:22/", Refusal::Port(22)),
        ("https://me:pw@a.test/", Refusal::Url(OriginError::User)),
        ("/path", Refusal::Url(OriginError::Form)),
    ] {
        assert_eq!(refusal(&net, &client, url).await, expected, "{url}");
    }
}

#[tokio::test]
async fn an_exception_is_for_one_origin() {
    let mut net = Net::new();
    let local = net.local(says("development")).await;
    let other = net.local(says("secret")).await;
    let exception = Origin::parse(&format!("http://localhost:{}", local.port())).unwrap();
    let client =
        net.client(Strangers { exceptions: vec![exception.clone()], ..Strangers::default() });
    assert_eq!(get(&client, &format!("{exception}/x"), &LIMITS).await.unwrap(), "development");
    net.take_dialed();
    for (url, expected) in [
        (format!("http://localhost:{}", other.port()), Refusal::Scheme),
        (format!("http://127.0.0.1:{}", local.port()), Refusal::Scheme),
        (format!("https://localhost:{}", local.port()), Refusal::Port(local.port())),
        ("https://localhost".to_owned(), Refusal::Address("127.0.0.1".parse().unwrap())),
    ] {
        assert_eq!(refusal(&net, &client, &url).await, expected, "{url}");
    }
}

#[tokio::test]
async fn a_client_for_upstreams_goes_nowhere_else() {
    let mut net = Net::new();
    net.https("a.test", says("hello")).await;
    net.https("b.test", says("other")).await;
    let local = net.local(says("directory")).await;
    let plc = format!("http://localhost:{}", local.port());
    let client = net.upstream(&["https://a.test", &plc]);
    assert_eq!(get(&client, "https://a.test/x", &LIMITS).await.unwrap(), "hello");
    assert_eq!(get(&client, &plc, &LIMITS).await.unwrap(), "directory");
    net.take_dialed();
    for url in ["https://b.test", "http://a.test", "https://a.test:8443", "http://localhost"] {
        let refusal = refusal(&net, &client, url).await;
        assert_eq!(refusal, Refusal::Origin(Origin::parse(url).unwrap()));
    }
}

#[tokio::test]
async fn large_bodies_are_cut_off_whether_announced_or_not() {
    let mut net = Net::new();
    let megabytes = 10 << 20;
    let announced: Script = Arc::new(move |_| {
        let head = format!("HTTP/1.1 200 X\r\ncontent-length: {megabytes}\r\n\r\n");
        vec![Piece::Bytes(head.into_bytes()), Piece::Bytes(vec![b'x'; megabytes])]
    });
    let streamed: Script = Arc::new(move |_| {
        let head = b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n".to_vec();
        vec![Piece::Bytes(head), Piece::Bytes(vec![b'x'; megabytes])]
    });
    net.https("announced.test", announced).await;
    net.https("streamed.test", streamed).await;
    let client = net.client(Strangers::default());
    for host in ["announced.test", "streamed.test"] {
        let result = get(&client, &format!("https://{host}"), &LIMITS).await;
        assert!(matches!(result, Err(Error::TooLarge { bytes_max: 4096 })), "{host}: {result:?}");
    }
    // What is read as a stream is bounded, too, and ends there.
    let request = Request::get("https://streamed.test").body(empty()).unwrap();
    let mut body = client.send(request, &LIMITS).await.unwrap().into_body();
    let mut read = 0;
    let fault = loop {
        match body.frame().await {
            Some(Ok(frame)) => read += frame.into_data().unwrap().len(),
            Some(Err(fault)) => break fault,
            None => panic!("the body ended"),
        }
    };
    assert!(matches!(fault, Error::TooLarge { .. }) && read <= 4096);
    assert!(body.frame().await.is_none() && body.is_end_stream());
}

#[tokio::test]
async fn time_runs_out_in_every_phase() {
    let mut net = Net::new();
    let long = Duration::from_secs(60);
    let ok = || Piece::Bytes(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n".to_vec());
    let silent: Script = Arc::new(move |_| vec![Piece::Pause(long)]);
    let stalled: Script = Arc::new(move |_| vec![ok(), Piece::Pause(long)]);
    let drip: Script = Arc::new(move |_| {
        let drop = [Piece::Bytes(b"x".to_vec()), Piece::Pause(Duration::from_millis(20))];
        [ok()].into_iter().chain(drop.into_iter().cycle().take(2000)).collect()
    });
    let slow_head: Script = Arc::new(move |_| {
        let drop = [Piece::Bytes(b"H".to_vec()), Piece::Pause(Duration::from_millis(20))];
        drop.into_iter().cycle().take(2000).collect()
    });
    net.https("silent.test", silent).await;
    net.https("stalled.test", stalled).await;
    net.https("drip.test", drip).await;
    net.http("slow-head.test", slow_head).await;
    let client = net.client(Strangers { http_allowed: true, ..Strangers::default() });
    let short = Duration::from_millis(300);
    let limits = Limits { idle_time_max: long, total_time_max: long, ..LIMITS };
    for (url, phase, limits) in [
        ("https://silent.test", Phase::Head, Limits { head_time_max: short, ..limits }),
        ("https://stalled.test", Phase::Body, Limits { idle_time_max: short, ..limits }),
        ("https://drip.test", Phase::Total, Limits { total_time_max: 6 * short, ..limits }),
    ] {
        let start = Instant::now();
        let result = get(&client, url, &limits).await;
        assert!(matches!(result, Err(Error::Timeout(at)) if at == phase), "{url}: {result:?}");
        assert!(start.elapsed() < LIMITS.total_time_max, "{url}");
    }
    let limits = Limits { head_time_max: short, ..limits };
    // A head that is none may be found out before its time is over.
    let result = get(&client, "http://slow-head.test", &limits).await;
    assert!(matches!(result, Err(Error::Timeout(Phase::Head) | Error::Protocol(_))), "{result:?}");
}

#[tokio::test]
async fn faults_on_the_way_have_their_names() {
    let mut net = Net::new();
    let garbage: Script = Arc::new(|_| vec![Piece::Bytes(b"220 smtp.test ESMTP\r\n".to_vec())]);
    let head = format!("HTTP/1.1 200 X\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let large_head: Script = Arc::new(move |_| vec![Piece::Bytes(head.clone().into_bytes())]);
    net.https("garbage.test", garbage).await;
    net.https("large-head.test", large_head).await;
    net.dns.set_addresses("down.test", vec!["8.8.8.8".parse().unwrap()]);
    net.https("other.test", says("hello")).await;
    let other = net.https("named.test", says("hello")).await;
    net.dns.set_addresses("other.test", vec![other.ip()]);
    let client = net.client(Strangers::default());
    let fault = async |url: &str| get(&client, url, &LIMITS).await.unwrap_err();

    for url in ["https://garbage.test", "https://large-head.test"] {
        let fault = fault(url).await;
        assert!(matches!(fault, Error::Protocol(_)), "{url}: {fault:?}");
    }
    let fault_of = |fault| match fault {
        Error::Unreachable(fault) => fault,
        other => panic!("{other:?}"),
    };
    let fault_of_absent = fault_of(fault("https://absent.test").await);
    assert!(matches!(fault_of_absent, Unreachable::NoAddress), "{fault_of_absent:?}");
    let fault_of_down = fault_of(fault("https://down.test").await);
    assert!(matches!(fault_of_down, Unreachable::Connect(_)), "{fault_of_down:?}");
    // The certificate is for another name.
    let fault_of_other = fault_of(fault("https://other.test").await);
    assert!(matches!(fault_of_other, Unreachable::Tls(_)), "{fault_of_other:?}");
}

#[tokio::test]
async fn a_request_whose_body_fails_is_the_callers_fault() {
    let mut net = Net::new();
    net.https("a.test", says("hello")).await;
    let client = net.client(Strangers::default());
    let chunks = vec![Ok(Frame::data(Bytes::from_static(b"x"))), Err("gone".into())];
    let body = Chunks(chunks.into()).boxed_unsync();
    let request = Request::builder().method(Method::PUT).uri("https://a.test").body(body).unwrap();
    let result = client.send(request, &LIMITS).await.map(|_| ());
    assert!(matches!(result, Err(Error::RequestBody(_))), "{result:?}");
}

/// A body of pieces, the last of which may be a fault.
struct Chunks(VecDeque<Result<Frame<Bytes>, BoxError>>);
type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Body for Chunks {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(self.0.pop_front())
    }
}
