//! The reader's new posts in lists of posts.

use serde_json::{Value, json};
use syntax::Datetime;

use super::View;
use super::local::Post;

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
        let last = feed.last().and_then(time).unwrap_or_default().to_owned();
        for post in &self.local.posts {
            let at = self.indexed_at(post);
            let is_there = feed.iter().any(|item| uri(item) == Some(&post.uri));
            if is_there || at <= last || !passes(&filter, &post.record) {
                continue;
            }
            let view = self.post(post).await;
            let place = feed.iter().position(|item| time(item).is_some_and(|time| time < &*at));
            feed.insert(place.unwrap_or(feed.len()), json!({ "post": view }));
        }
        Some(())
    }

    /// Returns a post as the AppView would show it.
    pub(super) async fn post(&self, post: &Post) -> Value {
        let mut view = json!({
            "$type": "app.bsky.feed.defs#postView",
            "uri": post.uri,
            "cid": post.cid.to_string(),
            "author": self.author(),
            "record": post.record,
            "replyCount": 0,
            "repostCount": 0,
            "likeCount": 0,
            "quoteCount": 0,
            "indexedAt": self.indexed_at(post),
        });
        if let Some(embed) = post.record.get("embed")
            && let Some(shown) = self.embed(embed).await
        {
            view["embed"] = shown;
        }
        view
    }

    /// Returns when a post came.
    pub(super) fn indexed_at(&self, post: &Post) -> String {
        Datetime::from_unix_ms(post.rev.timestamp_us() / 1000).to_string()
    }
}

/// Tells whether a post is among those that a list of somebody's posts is to have.
fn passes(filter: &str, record: &Value) -> bool {
    let is_reply = record.get("reply").is_some();
    let kind =
        |embed: &Value| embed.get("$type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let embed = record.get("embed").map(kind).unwrap_or_default();
    match filter {
        "posts_no_replies" => !is_reply,
        "posts_with_media" => embed.contains("images") || embed.contains("recordWithMedia"),
        "posts_with_video" => embed.contains("video"),
        _ => true,
    }
}

fn uri(item: &Value) -> Option<&str> {
    item.get("post")?.get("uri")?.as_str()
}

/// Returns when an item came: by its repost, if it is one.
fn time(item: &Value) -> Option<&str> {
    let reason = item.get("reason").and_then(|reason| reason.get("indexedAt")?.as_str());
    reason.or_else(|| item.get("post")?.get("indexedAt")?.as_str())
}
