//! The schemas that records are held to: those that the binary carries, and those that others
//! publish, which are found by their authority and remembered.
//!
//! A write waits for a schema only for a moment. Where to look and what to believe is in `source`.

mod error;
mod source;

use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use identity::resolve::{Cache, Lookup, Memory, Want};
use lexicon::Catalog;
use lexicon::schema::Document;
use repo::data::Value;
use syntax::{AtIdentifier, AtUri, Cid, Did, Nsid};
use tokio::time::timeout;

pub(crate) use crate::lexicons::error::LexiconError;
pub(crate) use crate::lexicons::source::{SCHEMA_COLLECTION, Source};

/// How long what was found is used. The specification calls a schema stale after a day at the
/// latest, wants no look-ups more often than every 15 to 30 minutes, and lets one go after 90 days.
/// That there is none is forgotten soon, as it may be published the moment after.
const MEMORY: Memory = Memory {
    stale_after: Duration::from_secs(60 * 60),
    expire_after: Duration::from_secs(90 * 24 * 60 * 60),
    absence_time: Duration::from_secs(60),
    failure_time: Duration::from_secs(30),
    force_interval: Duration::from_secs(60),
    bytes_max: 16 * 1024 * 1024,
};
/// How long a write waits for a schema that would be good to have. The look-up goes on without it.
const USUAL_TIME_MAX: Duration = Duration::from_millis(500);
/// How long one waits that demands a schema.
const DEMANDED_TIME_MAX: Duration = Duration::from_secs(4);
/// The most documents that are looked up for one collection: that of its records, and those that it
/// refers to, and so on.
const DOCUMENTS_MAX: usize = 32;
/// The most bytes of published documents that are joined into one catalog.
const JOINED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How many bytes of memory a document takes for each byte of its block, about.
const BYTES_PER_BYTE: usize = 8;

/// A schema as its authority publishes it.
#[derive(Debug)]
pub(crate) struct Published {
    /// Where it is published.
    pub(crate) uri: AtUri,
    /// Which version it is.
    pub(crate) cid: Cid,
    /// The record.
    pub(crate) record: Value,
    /// What it says.
    pub(crate) document: Document,
    /// The documents that it refers to.
    mentions: BTreeSet<Nsid>,
    /// How many bytes the record has.
    bytes: usize,
}

/// All schemas that are known or can be. Clones are the same.
#[derive(Clone)]
pub(crate) struct Lexicons {
    embedded: &'static Catalog,
    published: Cache<Nsid, Arc<Published>, LexiconError>,
    /// Held for moments, and to add what was found to a copy.
    joined: Arc<Mutex<Joined>>,
}

/// The schemas that the binary carries, together with published ones.
struct Joined {
    catalog: Arc<Catalog>,
    /// Which published documents are in it, in which version.
    documents: HashMap<Nsid, Cid>,
    bytes: usize,
}

/// The schemas for some records.
pub(crate) enum Schemas {
    /// Those that the binary carries are enough, or all that there is.
    Embedded(&'static Catalog),
    /// Published ones are needed, too.
    Joined(Arc<Catalog>),
}

impl Deref for Schemas {
    type Target = Catalog;

    fn deref(&self) -> &Catalog {
        match self {
            Self::Embedded(catalog) => catalog,
            Self::Joined(catalog) => catalog,
        }
    }
}

impl Lexicons {
    /// Knows the schemas that the binary carries, and asks `source` for others.
    pub(crate) fn new(source: Source) -> Self {
        let source = Arc::new(source);
        let look_up = move |nsid: Nsid, _| -> Lookup<Arc<Published>, LexiconError> {
            let source = Arc::clone(&source);
            Box::pin(async move { source.published(&nsid).await.map(Arc::new) })
        };
        let embedded = Catalog::embedded();
        Self {
            embedded,
            published: Cache::new(MEMORY, look_up, |found| found.bytes * BYTES_PER_BYTE),
            joined: Arc::new(Mutex::new(Joined::new(embedded))),
        }
    }

    /// Returns what is published under a name.
    ///
    /// # Errors
    ///
    /// [`LexiconError`] if there is nothing, or nothing can be had and nothing is remembered.
    pub(crate) async fn published(&self, nsid: &Nsid) -> Result<Arc<Published>, LexiconError> {
        self.published.value(nsid, Want::Usual).await
    }

    /// Takes note of what an account here has published, changed or taken back under a name: what is
    /// remembered of it is forgotten, and that there was nothing. What another authority has published stays.
    pub(crate) fn forget(&self, authority: &Did, nsid: &Nsid) {
        let authority = AtIdentifier::Did(authority.clone());
        let is_own = |known: &Result<Arc<Published>, LexiconError>| {
            known.as_ref().map_or(true, |published| published.uri.authority() == authority)
        };
        if self.published.forget_if(nsid, is_own) {
            let mut joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
            if joined.documents.contains_key(nsid) {
                *joined = Joined::new(self.embedded);
            }
        }
    }

    /// Returns the schemas for records of some collections, as far as they can be had soon.
    ///
    /// `validate` is the caller's wish: if it is false, no schema is needed.
    pub(crate) async fn for_collections<'a>(
        &self,
        collections: impl Iterator<Item = &'a Nsid>,
        validate: Option<bool>,
    ) -> Schemas {
        let time_max = match validate {
            Some(false) => return Schemas::Embedded(self.embedded),
            Some(true) => DEMANDED_TIME_MAX,
            None => USUAL_TIME_MAX,
        };
        let others = collections.filter(|nsid| !self.embedded.has_document(nsid));
        let others: BTreeSet<&Nsid> = others.collect();
        if others.is_empty() {
            return Schemas::Embedded(self.embedded);
        }
        let waits = others.into_iter().map(|nsid| timeout(time_max, self.with_mentions(nsid)));
        let found: Vec<_> = join_all(waits).await.into_iter().flatten().flatten().collect();
        Schemas::Joined(self.join(&found))
    }

    /// Looks up a document, those that it refers to, and so on. What cannot be had is left out.
    async fn with_mentions(&self, nsid: &Nsid) -> Vec<Arc<Published>> {
        let (mut seen, mut found) = (BTreeSet::from([nsid.clone()]), Vec::new());
        let mut wanted = vec![nsid.clone()];
        while !wanted.is_empty() {
            let lookups = wanted.iter().map(|nsid| self.published(nsid));
            let came: Vec<_> = join_all(lookups).await.into_iter().flatten().collect();
            wanted.clear();
            for mention in came.iter().flat_map(|published| &published.mentions) {
                let is_new = !self.embedded.has_document(mention) && !seen.contains(mention);
                if is_new && seen.len() < DOCUMENTS_MAX {
                    seen.insert(mention.clone());
                    wanted.push(mention.clone());
                }
            }
            found.extend(came);
        }
        found
    }

    /// Returns a catalog with these documents.
    fn join(&self, found: &[Arc<Published>]) -> Arc<Catalog> {
        // What a panic would leave half done is put in its place whole or not at all.
        let mut joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there =
            |one: &Arc<Published>| joined.documents.get(&one.document.id) == Some(&one.cid);
        if found.iter().all(is_there) {
            return Arc::clone(&joined.catalog);
        }
        if joined.bytes > JOINED_BYTES_MAX {
            *joined = Joined::new(self.embedded);
        }
        let mut catalog = Catalog::clone(&joined.catalog);
        for one in found {
            let before = joined.documents.insert(one.document.id.clone(), one.cid);
            if before != Some(one.cid) {
                catalog.insert(&one.document);
                joined.bytes += one.bytes;
            }
        }
        joined.catalog = Arc::new(catalog);
        Arc::clone(&joined.catalog)
    }
}

impl Joined {
    fn new(embedded: &Catalog) -> Self {
        let catalog = Arc::new(embedded.clone());
        Self { catalog, documents: HashMap::new(), bytes: 0 }
    }
}
