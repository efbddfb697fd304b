//! What crawlers are told

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::{Pds, eventually};

type Told = Arc<Mutex<Vec<(String, Value)>>>;

/// Starts a crawler that notes what it is told, and returns its URL.
async fn crawler(told: &Told, status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let told = Arc::clone(told);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            let body = loop {
                socket.read_buf(&mut request).await.unwrap();
                let text = String::from_utf8_lossy(&request).into_owned();
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
                if let Some(body) = body.and_then(|body| serde_json::from_str(body).ok()) {
                    break (text.lines().next().unwrap().to_owned(), body);
                }
            };
            told.lock().unwrap().push(body);
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn crawlers_are_told_when_something_happens_after_a_while() {
    let told: Told = Arc::default();
    let one = crawler(&told, "200 OK").await;
    let other = crawler(&told, "500 Internal Server Error").await;
    let set = [one.parse().unwrap(), other.parse().unwrap()];
    let pds = Pds::start_with(|config| config.crawlers = set.to_vec()).await;
    let count = || told.lock().unwrap().len();
    let alice = pds.account("alice").await;
    eventually(async || (count() == 2).then_some(())).await;
    let host = pds.public_url().trim_start_matches("http://").to_owned();
    let expected = (
        "POST /xrpc/com.atproto.sync.requestCrawl HTTP/1.1".to_owned(),
        json!({ "hostname": host }),
    );
    assert_eq!(*told.lock().unwrap(), vec![expected.clone(), expected]);

    pds.note(&alice, "a", "at once").await;
    pds.advance(Duration::from_secs(19 * 60));
    pds.note(&alice, "b", "soon").await;
    pds.advance(Duration::from_secs(60));
    assert_eq!(count(), 2, "crawlers are not told of time");
    eventually(async || {
        pds.note(&alice, "c", "later").await;
        pds.note(&alice, "c", "and again").await;
        (count() == 4).then_some(())
    })
    .await;
    pds.note(&alice, "d", "right after").await;
    assert_eq!(count(), 4);
}
