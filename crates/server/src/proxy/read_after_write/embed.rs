//! What is attached to a post, as the AppView would show it.

use http::uri::PathAndQuery;
use http::{Method as Verb, Request, Uri};
use serde_json::{Value, json};
use syntax::{AtUri, Nsid};

use super::View;
use crate::proxy::exchange::{Question, ask, whole};
use crate::proxy::outgoing::Outgoing;
use crate::proxy::token_for;

/// The most bytes of an answer about something that is quoted.
const BYTES_MAX: u64 = 1024 * 1024;

impl View<'_> {
    /// Returns an embed as it is shown; `None` if it is of a kind that is not known here.
    pub(super) async fn embed(&self, embed: &Value) -> Option<Value> {
        match embed.get("$type")?.as_str()? {
            "app.bsky.embed.record" => {
                let record = self.quoted(embed.get("record")?).await;
                Some(json!({ "$type": "app.bsky.embed.record#view", "record": record }))
            }
            "app.bsky.embed.recordWithMedia" => {
                let media = self.media(embed.get("media")?)?;
                let record = self.quoted(embed.get("record")?.get("record")?).await;
                Some(json!({
                    "$type": "app.bsky.embed.recordWithMedia#view",
                    "record": { "record": record },
                    "media": media,
                }))
            }
            _ => self.media(embed),
        }
    }

    pub(super) fn media(&self, embed: &Value) -> Option<Value> {
        match embed.get("$type")?.as_str()? {
            "app.bsky.embed.images" => {
                let images = embed.get("images")?.as_array()?.iter().map(|image| {
                    let mut shown = json!({
                        "thumb": self.image("feed_thumbnail", image.get("image"))?,
                        "fullsize": self.image("feed_fullsize", image.get("image"))?,
                        "alt": image.get("alt").cloned().unwrap_or_default(),
                    });
                    if let Some(ratio) = image.get("aspectRatio") {
                        shown["aspectRatio"] = ratio.clone();
                    }
                    Some(shown)
                });
                let images = images.collect::<Option<Vec<_>>>()?;
                Some(json!({ "$type": "app.bsky.embed.images#view", "images": images }))
            }
            "app.bsky.embed.external" => {
                let external = embed.get("external")?;
                let mut shown = json!({
                    "uri": external.get("uri")?,
                    "title": external.get("title")?,
                    "description": external.get("description")?,
                });
                if let Some(thumb) = self.image("feed_thumbnail", external.get("thumb")) {
                    shown["thumb"] = thumb;
                }
                Some(json!({ "$type": "app.bsky.embed.external#view", "external": shown }))
            }
            _ => None,
        }
    }

    /// Asks the AppView for what is quoted.
    async fn quoted(&self, reference: &Value) -> Value {
        let uri = reference.get("uri").and_then(Value::as_str).unwrap_or_default();
        let missing = json!({
            "$type": "app.bsky.embed.record#viewNotFound", "uri": uri, "notFound": true,
        });
        self.found(uri).await.unwrap_or(missing)
    }

    async fn found(&self, uri: &str) -> Option<Value> {
        if let Some(post) = self.local.post(uri) {
            // What it quotes itself is not shown: quotations are two deep.
            return quotation(self.plain_post(post));
        }
        let collection = AtUri::parse(uri).ok()?.collection()?.to_string();
        let typed = |mut view: Value, name: &str| {
            view.as_object_mut()?.insert("$type".to_owned(), name.into());
            Some(view)
        };
        match collection.as_str() {
            "app.bsky.feed.post" => {
                let mut answer = self.ask("app.bsky.feed.getPosts", &[("uris", uri)]).await?;
                quotation(answer.get_mut("posts")?.get_mut(0)?.take())
            }
            "app.bsky.feed.generator" => {
                let answer = self.ask("app.bsky.feed.getFeedGenerator", &[("feed", uri)]).await;
                typed(answer?.get_mut("view")?.take(), "app.bsky.feed.defs#generatorView")
            }
            "app.bsky.graph.list" => {
                let params = [("list", uri), ("limit", "1")];
                let answer = self.ask("app.bsky.graph.getList", &params).await;
                typed(answer?.get_mut("list")?.take(), "app.bsky.graph.defs#listView")
            }
            _ => None,
        }
    }

    /// Asks the service something more, for the same reader.
    pub(super) async fn ask(&self, method: &'static str, params: &[(&str, &str)]) -> Option<Value> {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let path: PathAndQuery = format!("/xrpc/{method}?{query}").parse().ok()?;
        let mut request = Request::new(());
        *request.method_mut() = Verb::GET;
        *request.uri_mut() = Uri::from(path);
        *request.headers_mut() = self.head.headers.clone();
        let (head, ()) = request.into_parts();
        let lxm = Nsid::parse(method).ok()?;
        let token = token_for(self.pds, self.account, &self.target.did, lxm).ok()?;
        let question = Question { head: &head, body: Outgoing::empty(), token: Some(token) };
        let (head, body) = ask(self.pds, self.target, question).await.ok()?.into_parts();
        let body = whole(&head.headers, body, BYTES_MAX).await?;
        serde_json::from_slice(&body).ok()
    }
}

/// Makes what a quoted post is shown as of what a post is shown as.
fn quotation(mut post: Value) -> Option<Value> {
    let embeds: Vec<Value> = post.get("embed").cloned().into_iter().collect();
    let mut quoted = json!({
        "$type": "app.bsky.embed.record#viewRecord",
        "uri": post.get("uri")?,
        "cid": post.get("cid")?,
        "author": post.get("author")?,
        "indexedAt": post.get("indexedAt")?,
        "labels": post.get("labels").cloned().unwrap_or_else(|| json!([])),
        "embeds": embeds,
        "value": post.get_mut("record")?.take(),
    });
    for count in ["replyCount", "repostCount", "likeCount", "quoteCount"] {
        if let Some(number) = post.get(count) {
            quoted[count] = number.clone();
        }
    }
    Some(quoted)
}
