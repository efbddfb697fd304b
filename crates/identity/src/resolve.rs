//! From DIDs to documents, from handles to DIDs, over the network and with a memory.
//!
//! What is known is used for an hour, and for a day more while it is looked up again behind the
//! scenes, or cannot be. That a server does not answer is never taken for "there is none".

mod cache;
mod error;
mod handle;
mod plc_client;
#[cfg(test)]
mod tests;
mod web;

use std::sync::Arc;
use std::time::Duration;

use syntax::{AtIdentifier, Did, Handle};

use crate::dns::Dns;
use crate::document::Document;
use crate::outbound;
pub use crate::resolve::cache::{Cache, Lookup, LookupError, Want};
pub use crate::resolve::error::{PlcError, ResolveError};
pub use crate::resolve::handle::{AmbiguousTxt, did_in_txt};
pub use crate::resolve::plc_client::PlcClient;

/// How long answers are used, and how much room they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// The age from which an answer is looked up again behind the scenes.
    pub stale_after: Duration,
    /// The age from which an answer is no longer used.
    pub expire_after: Duration,
    /// How long "there is none" is believed.
    pub absence_time: Duration,
    /// How long a look-up that failed is not tried again.
    pub failure_time: Duration,
    /// How long after a forced look-up the next one for the same DID is not made.
    pub force_interval: Duration,
    /// The most bytes that documents may take; handles may take as many.
    pub bytes_max: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            stale_after: Duration::from_secs(60 * 60),
            expire_after: Duration::from_secs(24 * 60 * 60),
            absence_time: Duration::from_secs(60),
            failure_time: Duration::from_secs(10),
            force_interval: Duration::from_secs(30),
            bytes_max: 16 * 1024 * 1024,
        }
    }
}

/// What a resolver asks.
#[derive(Clone)]
pub struct Sources {
    /// The directory of did:plc.
    pub plc: PlcClient,
    /// The client for documents of did:web and for handles on the web.
    pub http: outbound::Client,
    /// The DNS, for handles.
    pub dns: Arc<dyn Dns>,
    /// Another DNS, asked for handles that the first one and the web do not have.
    pub backup_dns: Option<Arc<dyn Dns>>,
    /// The longest that each of DNS and web may take for a handle, and the web for a document.
    pub time_max: Duration,
}

/// Looks up identities and remembers them. Cheap to clone; clones share what they remember.
///
/// Look-ups of the same thing at the same time are one. Those behind the scenes end when the last
/// clone is dropped.
#[derive(Clone)]
pub struct Resolver {
    documents: Cache<Did, Arc<Document>>,
    handles: Cache<Handle, Did>,
}

/// An identity, as both of its ends tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The DID.
    pub did: Did,
    /// The handle, if document and handle name each other; else `handle.invalid`.
    pub handle: Handle,
    /// The DID's document.
    pub document: Arc<Document>,
}

impl Resolver {
    /// Makes a resolver that remembers nothing yet.
    pub fn new(sources: Sources, memory: Memory) -> Self {
        let sources = Arc::new(sources);
        let documents = {
            let sources = Arc::clone(&sources);
            move |did, want| -> cache::Lookup<Arc<Document>> {
                let sources = Arc::clone(&sources);
                Box::pin(async move { sources.document(&did, want).await.map(Arc::new) })
            }
        };
        let handles = move |handle, _| -> cache::Lookup<Did> {
            let sources = Arc::clone(&sources);
            Box::pin(async move { sources.did_of(&handle).await })
        };
        Self {
            documents: Cache::new(memory, documents, |document| document.as_json().len()),
            handles: Cache::new(memory, handles, |did| did.as_str().len()),
        }
    }

    /// Returns the document of a DID.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if there is none, or none can be had and none is remembered.
    pub async fn document(&self, did: &Did) -> Result<Arc<Document>, ResolveError> {
        self.documents.value(did, Want::Usual).await
    }

    /// Returns the document of a DID as it is now: for when a signature does not match.
    ///
    /// It is asked of the primary directory. However often this is called for a DID, there is one
    /// look-up within [`Memory::force_interval`]; the next callers get what it found.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if there is none, or none can be had and none is remembered.
    pub async fn document_anew(&self, did: &Did) -> Result<Arc<Document>, ResolveError> {
        self.documents.value(did, Want::Anew).await
    }

    /// Returns the DID that a handle leads to, whatever that DID's document says.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if it leads to none, or its ways cannot be gone and none is remembered.
    pub async fn did_of(&self, handle: &Handle) -> Result<Did, ResolveError> {
        self.handles.value(handle, Want::Usual).await
    }

    /// Returns an identity and checks its handle from both ends.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if there is no DID or no document. A handle that does not hold is no error.
    pub async fn identity(&self, id: &AtIdentifier) -> Result<Identity, ResolveError> {
        let did = match id {
            AtIdentifier::Did(did) => did.clone(),
            AtIdentifier::Handle(handle) => self.did_of(handle).await?,
        };
        let document = self.document(&did).await?;
        let handle = self.handle_of(&document).await;
        Ok(Identity { did, handle, document })
    }

    /// Returns the handle that a document claims, if it leads back, or else `handle.invalid`.
    pub async fn handle_of(&self, document: &Document) -> Handle {
        if let Some(handle) = document.handle()
            && self.did_of(&handle).await.is_ok_and(|did| did == *document.did())
        {
            return handle;
        }
        Handle::invalid()
    }

    /// Forgets a DID's document: it may have changed.
    pub fn forget(&self, did: &Did) {
        self.documents.forget(did);
    }

    /// Forgets which DID a handle leads to.
    pub fn forget_handle(&self, handle: &Handle) {
        self.handles.forget(handle);
    }
}

impl Sources {
    /// Asks the network for a document.
    async fn document(&self, did: &Did, want: Want) -> Result<Document, ResolveError> {
        match (did.method(), want) {
            ("plc", Want::Usual) => self.plc.document(did).await,
            ("plc", Want::Anew) => self.plc.document_from_primary(did).await,
            ("web", _) => web::document(&self.http, did, self.time_max).await,
            _ => Err(ResolveError::Unsupported),
        }
    }
}
