//! Being sent elsewhere.

use http::header::{AUTHORIZATION, COOKIE};

use super::*;

fn redirects(to: impl Into<String>) -> Script {
    let header = format!("location: {}\r\n", to.into());
    Arc::new(move |_| response("302", &header, ""))
}

#[tokio::test]
async fn redirects_are_answers_unless_they_are_to_be_followed() {
    let mut net = Net::new();
    net.https("a.test", redirects("https://b.test/")).await;
    net.https("b.test", says("hello")).await;
    let client = net.client(Strangers::default());
    let url = || "https://a.test/".parse().unwrap();
    let response = client.get(url(), "*/*", &LIMITS).await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()[LOCATION], "https://b.test/");

    let follow = Limits { redirects_max: 1, ..LIMITS };
    assert_eq!(get(&client, "https://a.test/", &follow).await.unwrap(), "hello");
    let request = Request::post(url()).body(empty()).unwrap();
    assert_eq!(client.send(request, &follow).await.unwrap().status(), StatusCode::FOUND);
}

#[tokio::test]
async fn every_redirect_is_checked_like_a_request() {
    let mut net = Net::new();
    let local = net.local(says("secret")).await;
    net.dns.set_addresses("inside.test", vec!["127.0.0.1".parse().unwrap()]);
    net.https("loop.test", redirects("/again")).await;
    net.https("bad.test", redirects("http://[")).await;
    let follow = Limits { redirects_max: 3, ..LIMITS };
    let cases = [
        (format!("https://127.0.0.1:{}/", local.port()), Refusal::Port(local.port())),
        ("https://127.0.0.1/".to_owned(), Refusal::Address(local.ip())),
        ("https://inside.test/".to_owned(), Refusal::Address(local.ip())),
        (
            "//169.254.169.254/latest".to_owned(),
            Refusal::Address("169.254.169.254".parse().unwrap()),
        ),
        ("http://a.test/".to_owned(), Refusal::Scheme),
        ("gopher://a.test/".to_owned(), Refusal::Url(OriginError::Scheme)),
    ];
    for (number, (to, expected)) in cases.into_iter().enumerate() {
        let host = format!("from{number}.test");
        let public = net.https(&host, redirects(to.clone())).await;
        let client = net.client(Strangers::default());
        match get(&client, &format!("https://{host}/"), &follow).await {
            Err(Error::Refused(refusal)) => assert_eq!(refusal, expected, "{to}"),
            other => panic!("{to}: {other:?}"),
        }
        assert_eq!(net.take_dialed(), [public], "{to}");
    }
    let client = net.client(Strangers::default());
    let result = get(&client, "https://loop.test/", &follow).await;
    assert!(matches!(result, Err(Error::TooManyRedirects)), "{result:?}");
    let result = get(&client, "https://bad.test/", &follow).await;
    assert!(matches!(result, Err(Error::BadRedirect)), "{result:?}");
}

#[tokio::test]
async fn credentials_stay_with_their_origin() {
    let mut net = Net::new();
    let (script, kept) = keeps("hello");
    let first = Arc::clone(&script);
    let away: Script = Arc::new(move |request| match request {
        _ if request.starts_with("GET /here ") => response("307", "location: there\r\n", ""),
        _ if request.starts_with("GET /there ") => {
            first(request);
            response("301", "location: https://b.test/away\r\n", "")
        }
        _ => response("500", "", ""),
    });
    net.https("a.test", away).await;
    net.https("b.test", script).await;
    let client = net.client(Strangers::default());
    let request = Request::get("https://a.test/here")
        .header(AUTHORIZATION, "Bearer secret")
        .header(COOKIE, "secret")
        .header("dpop", "secret")
        .header("x-admin", "secret")
        .header(ACCEPT, "text/plain");
    let follow = Limits { redirects_max: 2, ..LIMITS };
    let response = client.send(request.body(empty()).unwrap(), &follow).await.unwrap();
    assert_eq!(response.into_body().bytes().await.unwrap(), "hello");
    let kept = kept.lock().unwrap();
    let [there, away] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(there.matches("secret").count(), 4, "{there}");
    assert!(away.starts_with("GET /away ") && away.contains("accept: text/plain"), "{away}");
    assert!(!away.contains("secret") && away.contains("host: b.test"), "{away}");
}

#[test]
fn redirects_lead_where_browsers_go() {
    let from: Uri = "https://a.test/dir/file?query".parse().unwrap();
    for (location, to) in [
        ("https://b.test/x#part", Some("https://b.test/x")),
        ("//b.test/x", Some("https://b.test/x")),
        ("/x?y", Some("https://a.test/x?y")),
        ("x", Some("https://a.test/dir/x")),
        ("?z", Some("https://a.test/dir/file?z")),
        ("http://b.test", Some("http://b.test/")),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("https:b.test", None),
        ("\u{fc}", None),
        ("/a b", None),
    ] {
        let header = HeaderValue::from_bytes(location.as_bytes()).unwrap();
        let found = target(&from, &header).map(|to| to.to_string());
        assert_eq!(found.as_deref(), to, "{location}");
    }
}
