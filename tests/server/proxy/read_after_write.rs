//! What somebody wrote a moment ago, in what they read

use serde_json::{Value, json};

use super::Net;
use crate::harness::{Answer, Fault, TestAccount};

const POST: &str = "app.bsky.feed.post";

/// A server whose AppView knows an account up to some revision.
struct Reader {
    net: Net,
    alice: TestAccount,
    /// What the AppView says that it knows.
    known: String,
}

impl Reader {
    async fn new() -> Self {
        let net = Net::start().await;
        let alice = net.pds.account("alice").await;
        let known = net.pds.rev(&alice).await;
        net.pds.advance(std::time::Duration::from_secs(60));
        Self { net, alice, known }
    }

    async fn create(&self, collection: &str, record: Value) -> Value {
        let input = json!({ "repo": self.alice.did, "collection": collection, "record": record });
        let ask = self.net.pds.post("com.atproto.repo.createRecord").by(&self.alice);
        ask.json(&input).send().await.ok()
    }

    async fn post(&self, text: &str, more: Value) -> String {
        self.net.pds.advance(std::time::Duration::from_secs(1));
        let mut record =
            json!({ "$type": POST, "text": text, "createdAt": "2026-01-01T00:00:00.000Z" });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create(POST, record).await["uri"].as_str().unwrap().to_owned()
    }

    async fn set_profile(&self, name: &str) {
        let avatar = self.net.pds.upload(&self.alice, "image/png", "a picture").await;
        let input = json!({
            "repo": self.alice.did, "collection": "app.bsky.actor.profile", "rkey": "self",
            "record": {
                "$type": "app.bsky.actor.profile", "displayName": name, "description": "new",
                "avatar": avatar,
            },
        });
        let ask = self.net.pds.post("com.atproto.repo.putRecord").by(&self.alice);
        ask.json(&input).send().await.ok();
    }

    /// Says what the AppView answers.
    fn answers(&self, method: &str, status: u16, body: &Value) {
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("atproto-repo-rev", self.known.clone()),
        ];
        self.net.appview.always(method, Fault::Say(status, headers, body.to_string().into()));
    }

    async fn read(&self, method: &str, params: &[(&str, &str)]) -> Answer {
        let mut ask = self.net.pds.get(method).by(&self.alice);
        for (name, value) in params {
            ask = ask.param(name, value);
        }
        ask.send().await
    }

    fn author(&self) -> Value {
        json!({ "did": self.alice.did, "handle": "alice.test", "displayName": "old" })
    }
}

fn item(uri: &str, at: &str, author: Value) -> Value {
    json!({ "post": { "uri": uri, "cid": "c", "author": author, "record": {}, "indexedAt": at } })
}

fn uris(answer: &Value) -> Vec<&str> {
    let feed = answer["feed"].as_array().unwrap();
    feed.iter().map(|item| item["post"]["uri"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn new_posts_are_in_the_timeline_and_in_ones_own_feed_at_their_time() {
    let reader = Reader::new().await;
    let first = reader.post("one", json!({})).await;
    let second = reader.post("two", json!({})).await;
    let other = json!({ "did": "did:plc:x", "handle": "x.test" });
    let feed = json!({ "feed": [
        item("at://x/later", "2026-01-01T01:00:00.000Z", other.clone()),
        item("at://x/earlier", "2025-12-31T00:00:00.000Z", other),
    ], "cursor": "more" });
    for method in ["app.bsky.feed.getTimeline", "app.bsky.feed.getAuthorFeed"] {
        reader.answers(method, 200, &feed);
    }
    let expected = ["at://x/later", &second, &first, "at://x/earlier"];
    let answer = reader.read("app.bsky.feed.getTimeline", &[]).await;
    assert_eq!(uris(&answer.ok()), expected);
    assert_eq!(answer.ok()["cursor"], "more");
    assert!(answer.header("atproto-upstream-lag").unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(answer.header("atproto-repo-rev"), Some(&*reader.known));
    let view = &answer.ok()["feed"][2]["post"];
    assert_eq!(
        (&view["record"]["text"], &view["author"]["handle"]),
        (&json!("one"), &json!("alice.test"))
    );

    let own = "app.bsky.feed.getAuthorFeed";
    for actor in [&*reader.alice.did, "alice.test"] {
        assert_eq!(uris(&reader.read(own, &[("actor", actor)]).await.ok()), expected);
    }
    // Neither on further pages, nor among the posts of others.
    let params = [("actor", "alice.test"), ("cursor", "more")];
    assert_eq!(uris(&reader.read(own, &params).await.ok()).len(), 2);
    assert_eq!(uris(&reader.read(own, &[("actor", "x.test")]).await.ok()).len(), 2);
    let params = [("actor", "alice.test"), ("filter", "posts_with_media")];
    assert_eq!(uris(&reader.read(own, &params).await.ok()).len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_up_to_date_or_strange_comes_as_it_is() {
    let mut reader = Reader::new().await;
    let timeline = "app.bsky.feed.getTimeline";
    reader.post("one", json!({})).await;
    for strange in [json!({ "feed": "none" }), json!([1]), json!({})] {
        reader.net.appview.let_through();
        reader.answers(timeline, 200, &strange);
        assert_eq!(reader.read(timeline, &[]).await.ok(), strange);
    }
    reader.net.appview.let_through();
    reader.known = "not a rev".to_owned();
    reader.answers(timeline, 200, &json!({ "feed": [] }));
    assert_eq!(reader.read(timeline, &[]).await.ok()["feed"], json!([]));
    reader.net.appview.let_through();
    reader.known = reader.net.pds.rev(&reader.alice).await;
    reader.answers(timeline, 200, &json!({ "feed": [] }));
    let answer = reader.read(timeline, &[]).await;
    assert_eq!(answer.ok()["feed"], json!([]));
    assert_eq!(answer.header("atproto-upstream-lag"), None);
}

#[tokio::test]
async fn a_new_name_and_picture_are_wherever_the_reader_appears() {
    let reader = Reader::new().await;
    reader.set_profile("new").await;
    let other = json!({ "did": "did:plc:x", "handle": "x.test", "displayName": "x" });
    reader.answers("getProfile?", 200, &reader.author());
    reader.answers("getProfiles", 200, &json!({ "profiles": [reader.author(), other] }));
    let quote =
        json!({ "$type": "app.bsky.embed.record#view", "record": { "author": reader.author() } });
    let mut quoting = item("at://x/1", "2026-01-01T01:00:00.000Z", other.clone());
    quoting["post"]["embed"] = quote;
    quoting["post"]["record"] = reader.author();
    let likes = json!({ "feed": [
        quoting, item("at://x/2", "2026-01-01T01:00:00.000Z", reader.author()),
    ] });
    reader.answers("getActorLikes", 200, &likes);

    let profile = reader.read("app.bsky.actor.getProfile", &[("actor", "alice.test")]).await.ok();
    assert_eq!((&profile["displayName"], &profile["description"]), (&json!("new"), &json!("new")));
    assert!(profile["avatar"].as_str().unwrap().contains("/xrpc/com.atproto.sync.getBlob?did="));
    let profiles = reader.read("app.bsky.actor.getProfiles", &[("actors", "a")]).await.ok();
    assert_eq!(profiles["profiles"][0]["displayName"], "new");
    assert_eq!(profiles["profiles"][1], other);
    let likes = reader.read("app.bsky.feed.getActorLikes", &[("actor", "x.test")]).await.ok();
    let first = &likes["feed"][0]["post"];
    assert_eq!(first["author"], other);
    assert_eq!(first["embed"]["record"]["author"]["displayName"], "new");
    // What somebody wrote is nobody's to change.
    assert_eq!(first["record"], reader.author());
    assert_eq!(likes["feed"][1]["post"]["author"]["displayName"], "new");
}

#[tokio::test]
async fn new_replies_are_in_their_thread_and_begin_one() {
    let reader = Reader::new().await;
    let strong = |uri: &str| json!({ "uri": uri, "cid": "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a" });
    let root = "at://did:web:x.test/app.bsky.feed.post/root";
    let reply =
        |parent: &str| json!({ "reply": { "root": strong(root), "parent": strong(parent) } });
    let first = reader.post("first", reply(root)).await;
    let second = reader.post("second", reply(&first)).await;
    let thread = json!({ "thread": {
        "$type": "app.bsky.feed.defs#threadViewPost",
        "post": { "uri": root, "author": { "did": "did:web:x.test", "handle": "x.test" } },
        "replies": [],
    } });
    reader.answers("root", 200, &thread);
    reader.answers("getPostThread", 400, &json!({ "error": "NotFound", "message": "no" }));
    let method = "app.bsky.feed.getPostThread";
    let shown = reader.read(method, &[("uri", root)]).await.ok();
    let shown = &shown["thread"]["replies"][0];
    assert_eq!(shown["post"]["uri"], json!(first));
    assert_eq!(shown["replies"][0]["post"]["uri"], json!(second));

    let by_handle = first.replace(&reader.alice.did, "alice.test");
    for uri in [&first, &by_handle] {
        let shown = reader.read(method, &[("uri", uri)]).await.ok();
        assert_eq!(shown["thread"]["post"]["uri"], json!(first));
        assert_eq!(shown["thread"]["parent"]["post"]["uri"], root);
        assert_eq!(shown["thread"]["replies"][0]["post"]["uri"], json!(second));
    }
    let unknown = format!("at://{}/app.bsky.feed.post/other", reader.alice.did);
    let refusal = reader.read(method, &[("uri", &unknown)]).await.refusal();
    assert_eq!(refusal, (400, "NotFound".to_owned()));
}

#[tokio::test]
async fn what_is_attached_is_shown_as_the_appview_would() {
    let reader = Reader::new().await;
    let image = reader.net.pds.upload(&reader.alice, "image/png", "another picture").await;
    let images = json!({
        "$type": "app.bsky.embed.images", "images": [{ "image": image, "alt": "a picture" }],
    });
    let quoted = "at://did:web:x.test/app.bsky.feed.post/1";
    let quote = json!({ "$type": "app.bsky.embed.record", "record": {
        "uri": quoted, "cid": "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
    } });
    let both = json!({
        "$type": "app.bsky.embed.recordWithMedia", "record": quote, "media": images,
    });
    let external = json!({ "$type": "app.bsky.embed.external", "external": {
        "uri": "https://example.com", "title": "t", "description": "d",
    } });
    reader.answers(
        "getPosts",
        200,
        &json!({ "posts": [{
        "uri": quoted, "cid": "c", "author": { "did": "did:web:x.test", "handle": "x.test" },
        "record": { "text": "quoted" }, "indexedAt": "2026-01-01T00:00:00.000Z",
    }] }),
    );
    for embed in [images, quote, both, external] {
        reader.post("with", json!({ "embed": embed })).await;
    }
    reader.answers("getTimeline", 200, &json!({ "feed": [] }));
    let timeline = reader.read("app.bsky.feed.getTimeline", &[]).await.ok();
    let embeds: Vec<&Value> =
        timeline["feed"].as_array().unwrap().iter().map(|item| &item["post"]["embed"]).collect();
    assert_eq!(embeds[0]["external"]["title"], "t");
    assert_eq!(embeds[1]["$type"], "app.bsky.embed.recordWithMedia#view");
    assert_eq!(embeds[1]["record"]["record"]["value"]["text"], "quoted");
    assert_eq!(embeds[1]["media"]["images"][0]["alt"], "a picture");
    assert_eq!(embeds[2]["record"]["$type"], "app.bsky.embed.record#viewRecord");
    assert!(embeds[3]["images"][0]["thumb"].as_str().unwrap().contains("getBlob"));
}

#[tokio::test]
async fn a_new_post_quotes_and_answers_other_new_ones() {
    let reader = Reader::new().await;
    let cid = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
    let strong = |uri: &str| json!({ "uri": uri, "cid": cid });
    let root = "at://did:web:x.test/app.bsky.feed.post/root";
    let quoted = reader.post("quoted", json!({})).await;
    let quote = json!({ "$type": "app.bsky.embed.record", "record": strong(&quoted) });
    reader.post("quoting", json!({ "embed": quote })).await;
    let reply =
        |parent: &str| json!({ "reply": { "root": strong(root), "parent": strong(parent) } });
    let first = reader.post("first", reply(root)).await;
    let second = reader.post("second", reply(&first)).await;
    let known = json!({ "uri": root, "cid": "c", "record": {}, "indexedAt": "2025-01-01T00:00:00.000Z",
        "author": { "did": "did:web:x.test", "handle": "x.test" } });
    reader.answers("getPosts", 200, &json!({ "posts": [known] }));
    reader.answers("getTimeline", 200, &json!({ "feed": [] }));
    let thread = json!({ "thread": { "post": known } });
    reader.answers("getPostThread?uri=at%3A%2F%2Fdid%3Aweb%3Ax.test", 200, &thread);
    reader.answers("getPostThread", 400, &json!({ "error": "NotFound", "message": "no" }));

    let timeline = reader.read("app.bsky.feed.getTimeline", &[]).await.ok();
    let item = |at: usize| &timeline["feed"][at];
    assert_eq!(item(2)["post"]["embed"]["record"]["value"]["text"], "quoted");
    assert_eq!(item(1)["reply"]["parent"]["uri"], root);
    assert_eq!(item(1)["reply"]["root"]["$type"], "app.bsky.feed.defs#postView");
    assert_eq!(item(0)["reply"]["parent"]["uri"], json!(first));
    assert_eq!(item(0)["reply"]["grandparentAuthor"]["handle"], "x.test");
    assert!(item(3).get("reply").is_none());

    let shown = reader.read("app.bsky.feed.getPostThread", &[("uri", &second)]).await.ok();
    assert_eq!(shown["thread"]["parent"]["post"]["uri"], json!(first));
    assert_eq!(shown["thread"]["parent"]["parent"]["post"]["uri"], root);
}

#[tokio::test]
async fn a_feed_of_ones_own_has_what_belongs_there_below_what_is_pinned() {
    let reader = Reader::new().await;
    let own = "app.bsky.feed.getAuthorFeed";
    let cid = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
    let strong = |uri: &str| json!({ "uri": uri, "cid": cid });
    let new = reader
        .post(
            "new",
            json!({ "labels": {
        "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "porn" }],
    } }),
        )
        .await;
    let x = "at://did:web:x.test/app.bsky.feed.post/1";
    reader.post("to x", json!({ "reply": { "root": strong(x), "parent": strong(x) } })).await;
    let inner = json!({ "reply": { "root": strong(&new), "parent": strong(&new) } });
    let inner = reader.post("to myself", inner).await;
    let mut pinned = item("at://pinned", "2020-01-01T00:00:00.000Z", reader.author());
    pinned["reason"] = json!({ "$type": "app.bsky.feed.defs#reasonPin" });
    let old = item("at://old", "2025-01-01T00:00:00.000Z", reader.author());
    reader.answers("getPosts", 200, &json!({ "posts": [] }));
    reader.answers(own, 200, &json!({ "feed": [pinned, old] }));
    let params = [("actor", "alice.test"), ("filter", "posts_and_author_threads")];
    let feed = reader.read(own, &params).await.ok();
    assert_eq!(uris(&feed), ["at://pinned", &inner, &new, "at://old"]);
    assert_eq!(feed["feed"][2]["post"]["labels"][0]["val"], "porn");
    assert_eq!(uris(&reader.read(own, &[("actor", "alice.test")]).await.ok()).len(), 5);
}

#[tokio::test]
async fn of_many_new_posts_the_newest_are_shown_and_of_old_ones_no_new_words() {
    let mut reader = Reader::new().await;
    let old = reader.post("old", json!({})).await;
    reader.known = reader.net.pds.rev(&reader.alice).await;
    let rkey = old.rsplit('/').next().unwrap();
    let input = json!({ "repo": reader.alice.did, "collection": POST, "rkey": rkey, "record": {
        "$type": POST, "text": "edited", "createdAt": "2026-01-01T00:00:00.000Z",
    } });
    let put = reader.net.pds.post("com.atproto.repo.putRecord").by(&reader.alice);
    put.json(&input).send().await.ok();
    let mut posts = Vec::new();
    for number in 0..12 {
        posts.insert(0, reader.post(&number.to_string(), json!({})).await);
    }
    reader.answers("getTimeline", 200, &json!({ "feed": [] }));
    let timeline = reader.read("app.bsky.feed.getTimeline", &[]).await.ok();
    assert_eq!(uris(&timeline), posts[..10]);
}
