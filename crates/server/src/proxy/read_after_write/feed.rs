//! The reader's new posts in lists of posts.

use serde_json::{Value, json};
use syntax::Datetime;

use super::View;
use super::local::Post;

const POST_VIEW: &str = "app.bsky.feed.defs#postView";

impl View<'_> {
    /// Tells whether the feed that is read is the reader's own.
    pub(super) fn is_own_feed(&self) -> bool {
        self.param("actor").is_some_and(|actor| self.is_own(&actor))
    }

    /// Adds new posts to the first page of a feed, each at its time.
    pub(super) async fn add_to_feed(&self, value: &mut Value) -> Option<()> {
        let feed = value.get_mut("feed")?.as_array_mut()?;
        if self.param("cursor").is_some_and(|cursor| !cursor.is_empty()) {
            return Some(());
        }
        let filter = self.param("filter").unwrap_or_default();
        // What is older than the last of the page belongs on a further one.
        let last = feed.last().filter(|item| !is_pinned(item)).and_then(time);
        let last = last.unwrap_or_default().to_owned();
        for post in &self.local.posts {
            let at = indexed_at(post);
            let is_there = feed.iter().any(|item| uri(item) == Some(&post.uri));
            if is_there || at <= last || !self.passes(&filter, post) {
                continue;
            }
            let mut item = json!({ "post": self.post(post).await });
            if let Some(reply) = self.reply(post).await {
                item["reply"] = reply;
            }
            let is_older =
                |item: &Value| !is_pinned(item) && time(item).is_some_and(|time| time < &*at);
            let place = feed.iter().position(is_older);
            feed.insert(place.unwrap_or(feed.len()), item);
        }
        Some(())
    }

    /// Returns what a post in a feed replies to.
    async fn reply(&self, post: &Post) -> Option<Value> {
        let (root, parent) = (post.reply_to("root")?, post.reply_to("parent")?);
        let mut known =
            self.ask("app.bsky.feed.getPosts", &[("uris", root), ("uris", parent)]).await;
        let mut shown = async |uri: &str| {
            if let Some(post) = self.local.post(uri) {
                return self.post(post).await;
            }
            let known = known.as_mut().and_then(|known| known.get_mut("posts")?.as_array_mut());
            let mut known = known.into_iter().flatten();
            match known.find(|post| post.get("uri").is_some_and(|found| found == uri)) {
                Some(post) => {
                    let mut post = post.clone();
                    post["$type"] = POST_VIEW.into();
                    post
                }
                None => {
                    json!({ "$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": true })
                }
            }
        };
        let (shown_root, shown_parent) = (shown(root).await, shown(parent).await);
        let mut reply = json!({ "root": shown_root, "parent": shown_parent });
        let above = &reply["parent"]["record"]["reply"]["parent"]["uri"];
        if above.as_str() == Some(root) && reply["root"].get("author").is_some() {
            reply["grandparentAuthor"] = reply["root"]["author"].clone();
        }
        Some(reply)
    }

    /// Tells whether a post is among those that a list of somebody's posts is to have.
    fn passes(&self, filter: &str, post: &Post) -> bool {
        let is_own = |uri: Option<&str>| {
            let authority = uri.and_then(|uri| uri.strip_prefix("at://")?.split('/').next());
            authority.is_some_and(|authority| self.is_own(authority))
        };
        let is_reply = post.record.get("reply").is_some();
        let kind = |embed: &Value| embed.get("$type")?.as_str().map(str::to_owned);
        let embed = post.record.get("embed").and_then(kind).unwrap_or_default();
        match filter {
            "posts_no_replies" => !is_reply,
            "posts_and_author_threads" => {
                !is_reply || (is_own(post.reply_to("root")) && is_own(post.reply_to("parent")))
            }
            "posts_with_media" => embed.contains("images") || embed.contains("recordWithMedia"),
            "posts_with_video" => embed.contains("video"),
            _ => true,
        }
    }

    /// Returns a post as the AppView would show it.
    pub(super) async fn post(&self, post: &Post) -> Value {
        let mut view = self.plain_post(post);
        if let Some(embed) = post.record.get("embed")
            && let Some(shown) = self.embed(embed).await
        {
            view["embed"] = shown;
        }
        view
    }

    /// Returns a post as the AppView would show it, without what the AppView has to be asked for.
    pub(super) fn plain_post(&self, post: &Post) -> Value {
        let at = indexed_at(post);
        let mut view = json!({
            "$type": POST_VIEW,
            "uri": post.uri,
            "cid": post.cid.to_string(),
            "author": self.author(),
            "record": post.record,
            "replyCount": 0,
            "repostCount": 0,
            "likeCount": 0,
            "quoteCount": 0,
            "bookmarkCount": 0,
            "indexedAt": at,
            "labels": labels(post, self.account.did.as_str(), &at),
            "viewer": { "bookmarked": false, "threadMuted": false, "embeddingDisabled": false },
        });
        if let Some(media) = post.record.get("embed").and_then(|embed| self.media(embed)) {
            view["embed"] = media;
        }
        view
    }
}

/// Returns when a post came.
fn indexed_at(post: &Post) -> String {
    Datetime::from_unix_ms(post.rev.timestamp_us() / 1000).to_string()
}

/// Returns the labels that somebody has given their own post, such as warnings of what is in it.
fn labels(post: &Post, did: &str, at: &str) -> Vec<Value> {
    let values = post.record.get("labels").and_then(|labels| labels.get("values")?.as_array());
    let label = |value: &Value| {
        let value = value.get("val")?.as_str()?;
        Some(json!({
            "src": did, "uri": post.uri, "cid": post.cid.to_string(), "val": value, "cts": at,
        }))
    };
    values.into_iter().flatten().filter_map(label).collect()
}

/// Tells whether an item stands where it is because its author has pinned it there.
fn is_pinned(item: &Value) -> bool {
    let reason = item.get("reason").and_then(|reason| reason.get("$type")?.as_str());
    reason == Some("app.bsky.feed.defs#reasonPin")
}

fn uri(item: &Value) -> Option<&str> {
    item.get("post")?.get("uri")?.as_str()
}

/// Returns when an item came: by its repost, if it is one.
fn time(item: &Value) -> Option<&str> {
    let reason = item.get("reason").and_then(|reason| reason.get("indexedAt")?.as_str());
    reason.or_else(|| item.get("post")?.get("indexedAt")?.as_str())
}
