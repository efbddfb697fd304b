//! The reader's new replies in a thread.

use serde_json::{Value, json};

use super::View;
use super::local::Post;

const GET_POST_THREAD: &str = "app.bsky.feed.getPostThread";
const THREAD_VIEW: &str = "app.bsky.feed.defs#threadViewPost";

impl View<'_> {
    /// Adds new replies under what they reply to.
    pub(super) async fn add_replies(&self, thread: &mut Value) -> Option<()> {
        for post in &self.local.posts {
            // The oldest first: a reply to a reply finds it.
            let Some(parent) = post.reply_to("parent") else { continue };
            if find(thread, &post.uri).is_none()
                && let Some(place) = find(thread, parent)
            {
                let place = place.as_object_mut()?;
                let replies = place.entry("replies").or_insert_with(|| json!([]));
                let view = self.post(post).await;
                replies.as_array_mut()?.insert(0, node(view));
            }
        }
        Some(())
    }

    /// Returns the thread of a new post, which the AppView does not know at all.
    pub(super) async fn thread_of_own(&self) -> Option<Value> {
        let asked = self.param("uri")?;
        let (authority, path) = asked.strip_prefix("at://")?.split_once('/')?;
        let post = self.local.posts.iter().find(|post| {
            let own = post.uri.strip_prefix("at://").and_then(|uri| uri.split_once('/'));
            self.is_own(authority) && own.is_some_and(|(_, own)| own == path)
        })?;
        let mut thread = node(self.post(post).await);
        if let Some(above) = self.above(post).await {
            thread["parent"] = above;
        }
        self.add_replies(&mut thread).await?;
        let mut answer = json!({ "thread": thread });
        self.patch_authors(&mut answer);
        Some(answer)
    }

    /// Returns what is above a post in its thread: other new posts, and what the AppView knows.
    async fn above(&self, post: &Post) -> Option<Value> {
        let mut new = Vec::new();
        let mut parent = post.reply_to("parent");
        while let Some(post) = parent.and_then(|parent| self.local.post(parent)) {
            // Nothing replies to itself, however it is written.
            if new.len() > self.local.posts.len() {
                return None;
            }
            new.push(post);
            parent = post.reply_to("parent");
        }
        let mut above = None;
        if let Some(parent) = parent {
            let height = self.param("parentHeight").unwrap_or_else(|| "80".to_owned());
            let params = [("uri", parent), ("depth", "0"), ("parentHeight", &height)];
            above =
                self.ask(GET_POST_THREAD, &params).await.map(|mut above| above["thread"].take());
        }
        for post in new.into_iter().rev() {
            // What is beside the thread is not shown above.
            let mut thread = json!({ "$type": THREAD_VIEW, "post": self.post(post).await });
            if let Some(above) = above {
                thread["parent"] = above;
            }
            above = Some(thread);
        }
        above
    }
}

fn node(post: Value) -> Value {
    json!({ "$type": THREAD_VIEW, "post": post, "replies": [] })
}

/// Finds the place of a post in a thread, below its top.
fn find<'a>(thread: &'a mut Value, uri: &str) -> Option<&'a mut Value> {
    let found = thread.get("post").and_then(|post| post.get("uri")?.as_str());
    if found == Some(uri) {
        return Some(thread);
    }
    let replies = thread.get_mut("replies")?.as_array_mut()?;
    replies.iter_mut().find_map(|reply| find(reply, uri))
}
