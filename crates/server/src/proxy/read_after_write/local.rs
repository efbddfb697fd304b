//! What of an account is newer than what the AppView knows.

use repo::data::{Limits, json};
use serde_json::Value;
use store::repo::{Range, StoredRecord};
use store::{Account, Tx};
use syntax::{Cid, Nsid, Tid};

const POST: &str = "app.bsky.feed.post";
const PROFILE: &str = "app.bsky.actor.profile/self";
/// Among how many of the last posts the newer ones are looked for. The keys of posts are times, so
/// that what was written last is there.
const POSTS_LOOKED_AT: u64 = 50;
/// The most posts that are added to an answer: an AppView that knows less than that is not late but
/// down.
const POSTS_MAX: usize = 10;

/// The newer records of an account, and its profile.
pub(super) struct Local {
    /// The posts, the oldest first.
    pub(super) posts: Vec<Post>,
    /// The profile, whatever its age.
    pub(super) profile: Option<Value>,
    /// When the profile was written, if the AppView does not know it.
    new_profile: Option<Tid>,
}

/// A post.
pub(super) struct Post {
    pub(super) uri: String,
    pub(super) cid: Cid,
    /// The record.
    pub(super) record: Value,
    /// When it was written.
    pub(super) rev: Tid,
}

impl Post {
    /// Returns what the post replies to: `parent`, or the `root` of the thread.
    pub(super) fn reply_to(&self, which: &str) -> Option<&str> {
        self.record.get("reply")?.get(which)?.get("uri")?.as_str()
    }
}

impl Local {
    /// Reads what is newer than a revision; `None` if nothing is.
    pub(super) fn newer_than(
        tx: &mut Tx<'_>,
        account: &Account,
        known: Tid,
    ) -> Result<Option<Self>, store::Error> {
        let Some(head) = tx.head(account.id)?.filter(|head| head.rev > known) else {
            return Ok(None);
        };
        // From before the account was here: whatever it means, it is not how late the AppView is.
        if known.timestamp_us() / 1000 < account.created_at {
            return Ok(None);
        }
        let collection = Nsid::parse(POST).expect("it is an NSID");
        let range = Range {
            collection: &collection,
            after: None,
            ascending: false,
            count_max: POSTS_LOOKED_AT,
        };
        let mut records = tx.records(account.id, head.repo, &range)?;
        records.retain(|record| record.rev > known && !is_edited(record, known));
        // The newest of them: what somebody wrote last is what they look for.
        records.sort_by_key(|record| std::cmp::Reverse(record.rev));
        records.truncate(POSTS_MAX);
        let posts = records.iter().rev().filter_map(|record| {
            let uri = format!("at://{}/{}", account.did, record.path);
            Some(Post { uri, cid: record.cid, record: value(record)?, rev: record.rev })
        });
        let posts: Vec<Post> = posts.collect();
        let profile = tx.record(head.repo, PROFILE)?;
        let new_profile = profile.as_ref().map(|profile| profile.rev).filter(|rev| *rev > known);
        if posts.is_empty() && new_profile.is_none() {
            return Ok(None);
        }
        Ok(Some(Self { posts, profile: profile.as_ref().and_then(value), new_profile }))
    }

    /// Returns a newer post.
    pub(super) fn post(&self, uri: &str) -> Option<&Post> {
        self.posts.iter().find(|post| post.uri == uri)
    }

    /// Returns the profile, if the AppView does not know it.
    pub(super) fn new_profile(&self) -> Option<&Value> {
        self.profile.as_ref().filter(|_| self.new_profile.is_some())
    }

    /// Returns when the oldest of the newer records was written, in milliseconds since 1970.
    pub(super) fn oldest_ms(&self) -> u64 {
        let revs = self.posts.iter().map(|post| post.rev).chain(self.new_profile);
        revs.min().map_or(0, |rev| rev.timestamp_us() / 1000)
    }
}

/// Tells whether a record is one that the AppView knows, with other words.
fn is_edited(record: &StoredRecord, known: Tid) -> bool {
    Tid::parse(record.path.rkey()).is_ok_and(|key| key <= known)
}

fn value(record: &StoredRecord) -> Option<Value> {
    let mut text = Vec::with_capacity(record.bytes.len() * 2);
    json::from_cbor(&record.bytes, &Limits::FOREIGN, &mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
