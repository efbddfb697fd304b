//! Questions and answers that go through

use serde_json::json;

use super::{APPVIEW, MODERATION, Net, claims, json};
use crate::harness::Fault;

#[tokio::test]
async fn a_question_goes_to_the_appview_with_a_token_for_it_alone() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    let answer = json!({ "actors": [{ "did": "did:plc:x" }] });
    net.appview.always("searchActors", json(&answer));
    let ask = net.pds.get("app.bsky.actor.searchActors").param("q", "a b").by(&alice);
    let ask = ask
        .header("accept-language", "fr")
        .header("atproto-accept-labelers", "did:plc:labeler")
        .header("x-bsky-topics", "cats")
        .header("cookie", "secret=1")
        .header("x-forwarded-for", "192.0.2.1");
    assert_eq!(ask.send().await.ok(), answer);

    let seen = net.appview.seen("searchActors");
    assert_eq!(seen[0].line, "GET /xrpc/app.bsky.actor.searchActors?q=a+b");
    let claims = claims(&seen[0]);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(alice.did), &json!(APPVIEW)));
    assert_eq!(claims["lxm"], "app.bsky.actor.searchActors");
    let headers = &seen[0].headers;
    for (name, value) in [
        ("accept-language", "fr"),
        ("atproto-accept-labelers", "did:plc:labeler"),
        ("x-bsky-topics", "cats"),
        ("accept-encoding", "identity"),
    ] {
        assert_eq!(headers[name], value);
    }
    assert!(!headers.contains_key("cookie") && !headers.contains_key("x-forwarded-for"));
}

#[tokio::test]
async fn the_answer_comes_as_it_is_with_the_headers_that_mean_something() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    let headers = vec![
        ("content-type", "application/vnd.example".to_owned()),
        ("content-encoding", "br".to_owned()),
        ("content-language", "fr".to_owned()),
        ("atproto-repo-rev", "3kznmn7xqxl22".to_owned()),
        ("atproto-content-labelers", "did:plc:labeler".to_owned()),
        ("set-cookie", "a=b".to_owned()),
        ("x-secret", "1".to_owned()),
    ];
    let body = b"not really brotli".as_slice();
    net.appview.always("getThing", Fault::Say(203, headers.clone(), body.into()));
    let answer = net.pds.get("com.example.getThing").by(&alice).send().await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (203, body));
    for (name, value) in &headers[..5] {
        assert_eq!(answer.header(name), Some(&**value));
    }
    assert_eq!((answer.header("set-cookie"), answer.header("x-secret")), (None, None));
    assert_eq!(answer.header("cache-control"), Some("private"));

    // Only ways to compress that this server could undo are asked for.
    let ask = net.pds.get("com.example.getThing").by(&alice);
    ask.header("accept-encoding", "gzip;q=0.9, shiny, br").send().await;
    let seen = net.appview.seen("getThing");
    assert_eq!(seen[1].headers["accept-encoding"], "gzip;q=0.9, br");
}

#[tokio::test]
async fn bodies_go_along_whatever_they_are() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    net.appview.always("putThing", json(&json!({})));
    for bytes in [0, 1000, 3_000_000] {
        let body: Vec<u8> = (0..bytes).map(|n: u32| n.to_le_bytes()[0]).collect();
        let ask = net.pds.post("com.example.putThing").by(&alice);
        ask.body("application/x-thing", body.clone()).send().await.ok();
        let seen = net.appview.seen("putThing").pop().unwrap();
        assert!(seen.body == body);
        assert_eq!(seen.headers["content-type"], "application/x-thing");
    }
}

#[tokio::test]
async fn what_a_service_refuses_is_said_as_it_says_it() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    for (fault, status, name, message) in [
        (Fault::refusal(404, "NotFound", "no such"), 404, "NotFound", "no such"),
        (Fault::refusal(400, "", "hm"), 400, "InvalidRequest", "hm"),
        (Fault::refusal(500, "InternalServerError", "oh"), 502, "InternalServerError", "oh"),
        (Fault::refusal(503, "NotEnoughResources", "oh"), 503, "NotEnoughResources", "oh"),
        (
            Fault::Answer(429, ("retry-after", "7".to_owned()), "<html>".into()),
            429,
            "RateLimitExceeded",
            "Upstream service refused the request",
        ),
        (
            Fault::Answer(400, ("content-type", "application/json".to_owned()), "[\"a\"]".into()),
            400,
            "InvalidRequest",
            "Upstream service refused the request",
        ),
        (Fault::Refuse, 502, "UpstreamFailure", "Upstream service unreachable"),
    ] {
        net.appview.let_through();
        net.appview.always("getThing", fault);
        let answer = net.pds.get("com.example.getThing").by(&alice).send().await;
        assert_eq!(answer.refusal(), (status, name.to_owned()));
        assert_eq!(answer.message(), message);
        let retry_after = answer.header("retry-after");
        assert_eq!(retry_after, (status == 429).then_some("7"));
    }
}

#[tokio::test]
async fn a_client_names_the_service_that_it_wants() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    let answer = json!({ "convos": [] });
    net.other.always("listConvos", json(&answer));
    net.appview.always("listConvos", json(&json!({ "from": "appview" })));
    let ask = |header: &str| {
        let ask = net.pds.get("chat.bsky.convo.listConvos").by(&alice);
        ask.header("atproto-proxy", header).send()
    };
    let other = &net.other_did;
    assert_eq!(ask(&format!("{other}#bsky_chat")).await.ok(), answer);
    assert_eq!(claims(&net.other.seen("listConvos")[0])["aud"], json!(other));
    let from_appview = ask(&format!("{APPVIEW}#bsky_appview")).await.ok();
    assert_eq!(from_appview["from"], "appview");

    for (header, message) in [
        ("#bsky_chat".to_owned(), "no did specified in proxy header"),
        (other.clone(), "no service id specified in proxy header"),
        (format!("{other}#"), "no service id specified in proxy header"),
        (format!("{other}#a#b"), "invalid proxy header format"),
        (format!("{other} #a"), "proxy header cannot contain spaces"),
        (format!("{other}#bsky_other"), "could not resolve proxy did service url"),
        ("did:web:nobody.test#a".to_owned(), "could not resolve proxy did"),
        ("did:plc:nobody#a".to_owned(), "could not resolve proxy did"),
        ("nonsense#a".to_owned(), "could not resolve proxy did"),
    ] {
        let answer = ask(&header).await;
        assert_eq!(answer.refusal(), (400, "InvalidRequest".to_owned()), "{header}");
        assert_eq!(answer.message(), message, "{header}");
    }
}

#[tokio::test]
async fn nobody_is_asked_for_those_who_may_not() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    let pds = &net.pds;
    let input = json!({ "name": "app" });
    let made = pds.post("com.atproto.server.createAppPassword").by(&alice).json(&input);
    let password = made.send().await.ok()["password"].as_str().unwrap().to_owned();
    let weak = pds.sign_in(&alice.handle, &password).await["accessJwt"].clone();
    let weak = weak.as_str().unwrap();
    let named = format!("{}#bsky_chat", net.other_did);

    assert_eq!(pds.get("com.example.getThing").send().await.refusal().0, 401);
    let chat = pds.get("chat.bsky.convo.listConvos").token(weak).header("atproto-proxy", &named);
    assert_eq!(chat.send().await.refusal(), (400, "InvalidToken".to_owned()));
    let protected = pds.get("com.atproto.server.GETSESSION").by(&alice);
    assert_eq!(protected.send().await.refusal(), (400, "InvalidToken".to_owned()));
    assert_eq!(net.appview.seen("").len() + net.other.seen("").len(), 0);

    net.appview.always("getThing", json(&json!({})));
    pds.get("com.example.getThing").token(weak).send().await.ok();
    // Who has gone to sleep goes on reading.
    pds.post("com.atproto.server.deactivateAccount").by(&alice).json(&json!({})).send().await.ok();
    pds.get("com.example.getThing").by(&alice).send().await.ok();
}

#[tokio::test]
async fn records_of_other_hosts_are_asked_of_the_appview_without_a_token() {
    let net = Net::start().await;
    let answer = json!({ "uri": "at://did:web:x.test/a.b.c/d", "value": {} });
    net.appview.always("getRecord", json(&answer));
    let ask = net.pds.get("com.atproto.repo.getRecord");
    let ask = ask.param("repo", "did:web:x.test").param("collection", "a.b.c").param("rkey", "d");
    assert_eq!(ask.send().await.ok(), answer);
    assert!(!net.appview.seen("getRecord")[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn moderators_tools_and_reports_go_to_the_moderation_service() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    net.moderation.always("/xrpc/", json(&json!({ "id": 1 })));
    net.pds.get("tools.ozone.moderation.queryEvents").by(&alice).send().await.ok();
    let reports = "com.atproto.moderation.createReport";
    let input = json!({
        "reasonType": "com.atproto.moderation.defs#reasonSpam",
        "subject": { "$type": "com.atproto.admin.defs#repoRef", "did": alice.did },
    });
    let report = net.pds.post(reports).by(&alice).json(&input).send().await.ok();
    assert_eq!(report["id"], 1);
    let seen = net.moderation.seen(reports);
    let claims = claims(&seen[0]);
    assert_eq!((&claims["aud"], &claims["lxm"]), (&json!(MODERATION), &json!(reports)));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&seen[0].body).unwrap(), input);

    let refusal = net.pds.post(reports).by(&alice).json(&json!({})).send().await.refusal();
    assert_eq!(refusal, (400, "InvalidRequest".to_owned()));
    assert_eq!(net.moderation.count(reports), 1);
}

#[tokio::test]
async fn a_feed_is_read_with_a_token_for_who_makes_it() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    net.appview.always("getFeed", json(&json!({ "feed": [] })));
    net.appview.once("getRecord", json(&json!({ "value": { "did": "did:web:feeds.test" } })));
    let feed = "at://did:web:x.test/app.bsky.feed.generator/cats";
    let ask = || net.pds.get("app.bsky.feed.getFeed").param("feed", feed).by(&alice).send();
    ask().await.ok();
    let seen = net.appview.seen("/xrpc/app.bsky.feed.getFeed?");
    let claims = claims(&seen[0]);
    assert_eq!(claims["aud"], "did:web:feeds.test");
    assert_eq!(claims["lxm"], "app.bsky.feed.getFeedSkeleton");
    assert!(net.appview.seen("getRecord")[0].line.contains("collection=app.bsky.feed.generator"));

    net.appview.always("getRecord", json(&json!({ "value": {} })));
    assert_eq!(ask().await.refusal(), (400, "UnknownFeed".to_owned()));
    assert_eq!(net.pds.get("app.bsky.feed.getFeed").by(&alice).send().await.refusal().0, 400);
}

#[tokio::test]
async fn notifications_are_asked_of_the_service_that_sends_them() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    for at in [&net.appview, &net.other] {
        at.always("Push", Fault::Answer(200, ("x-a", "b".to_owned()), "".into()));
    }
    for method in ["app.bsky.notification.registerPush", "app.bsky.notification.unregisterPush"] {
        for (did, at) in [(APPVIEW, &net.appview), (&*net.other_did, &net.other)] {
            let input =
                json!({ "serviceDid": did, "token": "t", "platform": "ios", "appId": "app" });
            net.pds.post(method).by(&alice).json(&input).send().await.ok();
            assert_eq!(claims(&at.seen(method)[0])["aud"], did);
        }
        let refusal = net.pds.post(method).by(&alice).json(&json!({})).send().await.refusal();
        assert_eq!(refusal, (400, "InvalidRequest".to_owned()));
    }
}

#[tokio::test]
async fn preferences_are_those_of_the_service_that_is_named() {
    let net = Net::start().await;
    let alice = net.pds.account("alice").await;
    net.other.always("Preferences", json(&json!({ "preferences": [{ "from": "there" }] })));
    let get = || net.pds.get("app.bsky.actor.getPreferences").by(&alice);
    let here = get().header("atproto-proxy", &format!("{APPVIEW}#bsky_appview"));
    assert_eq!(here.send().await.ok()["preferences"], json!([]));
    let there = get().header("atproto-proxy", &format!("{}#bsky_chat", net.other_did));
    assert_eq!(there.send().await.ok()["preferences"], json!([{ "from": "there" }]));
}
