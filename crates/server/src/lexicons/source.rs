//! Where published schemas come from: from a name to the DNS, from there to a DID, its host, and a
//! record with its proof. Nothing is remembered here.
//!
//! Spec: <https://atproto.com/specs/lexicon#lexicon-publication-and-resolution>

use std::sync::Arc;
use std::time::Duration;

use form_urlencoded::Serializer;
use http::StatusCode;
use http::uri::PathAndQuery;
use identity::dns::{Dns, DnsError};
use identity::document::Document as DidDocument;
use identity::outbound::{Client, Limits};
use identity::resolve::{ResolveError, Resolver, did_in_txt};
use lexicon::schema::Document;
use repo::data::{Limits as DataLimits, cbor};
use repo::mst::Key;
use repo::slice::Slice;
use store::Store;
use syntax::{AtUri, Cid, Did, Nsid, RecordKey, RecordPath};
use tokio::time::timeout;

use super::{LexiconError, Published};

/// The collection that schemas are published in.
pub(crate) const SCHEMA_COLLECTION: &str = "com.atproto.lexicon.schema";
/// How long the DNS may take.
const DNS_TIME_MAX: Duration = Duration::from_secs(3);
/// How long the authority's host may take.
const HOST_TIME_MAX: Duration = Duration::from_secs(5);
/// The most bytes of a proof: some nodes of a tree, and a record of as many bytes as one may have.
const PROOF_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// The most bytes of a schema. The longest that are known have a sixth of it.
const SCHEMA_BYTES_MAX: usize = 256 * 1024;

/// What is asked for schemas.
pub(crate) struct Source {
    /// The DNS, for the DIDs of authorities.
    pub(crate) dns: Arc<dyn Dns>,
    /// The client for addresses that anybody can choose.
    pub(crate) http: Client,
    /// Knows the documents of DIDs.
    pub(crate) resolver: Resolver,
    /// Has the records of authorities that are here.
    pub(crate) store: Store,
    /// Who publishes all schemas, if the operator has set that.
    pub(crate) authority: Option<Did>,
}

impl Source {
    /// Looks up what is published under a name.
    pub(super) async fn published(&self, nsid: &Nsid) -> Result<Published, LexiconError> {
        let did = match &self.authority {
            Some(did) => did.clone(),
            None => self.authority_of(nsid).await?,
        };
        let path = path_of(nsid)?;
        let (cid, block) = match self.at_home(&did, &path).await? {
            Some(found) => found.ok_or(LexiconError::NotFound)?,
            None => self.abroad(&did, &path).await?,
        };
        read(nsid, AtUri::of(&did, &path), cid, &block)
    }

    /// Asks the DNS who publishes the schemas of a group of names.
    async fn authority_of(&self, nsid: &Nsid) -> Result<Did, LexiconError> {
        let name = format!("_lexicon.{}", nsid.authority_domain());
        let answer = timeout(DNS_TIME_MAX, self.dns.txt(&name)).await;
        let records = answer.unwrap_or(Err(DnsError::Timeout));
        let records = records.map_err(|error| ResolveError::Dns(Arc::new(error)))?;
        did_in_txt(&records).map_err(ResolveError::from)?.ok_or(LexiconError::NotFound)
    }

    /// Reads a record of an account that is active here; `None` if the account is not.
    ///
    /// It needs no proof, and hosts often cannot reach themselves by their own name.
    async fn at_home(
        &self,
        did: &Did,
        path: &RecordPath,
    ) -> Result<Option<Option<(Cid, Vec<u8>)>>, LexiconError> {
        let read = self.store.read(|tx| {
            let account = tx.account(did)?.filter(|account| account.state.status().is_active());
            let Some(account) = account else { return Ok(None) };
            let Some(head) = tx.head(account.id)? else { return Ok(None) };
            let record = tx.record(head.repo, &path.to_string())?;
            let is_down = tx.record_takedown(account.id, path)?.is_some();
            let record = record.filter(|_| !is_down);
            Ok(Some(record.map(|record| (record.cid, record.bytes.to_vec()))))
        });
        read.await.map_err(|error: store::Error| LexiconError::Store(Arc::new(error)))
    }

    /// Asks the authority's host for a record and its proof.
    async fn abroad(&self, did: &Did, path: &RecordPath) -> Result<(Cid, Vec<u8>), LexiconError> {
        let document = self.resolver.document(did).await?;
        let slice = self.slice(&document, path).await?;
        if !is_signed(&slice, &document) {
            // The key may have changed since the document was read.
            let document = self.resolver.document_anew(did).await?;
            if !is_signed(&slice, &document) {
                return Err(LexiconError::Signature);
            }
        }
        let found = slice.record(&Key::from(path));
        let found = found.map_err(|error| LexiconError::Proof(Arc::new(error)))?;
        let (cid, block) = found.ok_or(LexiconError::NotFound)?;
        Ok((cid, block.to_vec()))
    }

    async fn slice(
        &self,
        document: &DidDocument,
        path: &RecordPath,
    ) -> Result<Slice, LexiconError> {
        let did = document.did();
        let host = document.pds_endpoint().ok_or_else(|| LexiconError::NoHost(did.clone()))?;
        let query = Serializer::new(String::new())
            .append_pair("did", did.as_str())
            .append_pair("collection", path.collection.as_str())
            .append_pair("rkey", path.rkey.as_str())
            .finish();
        let url = format!("/xrpc/com.atproto.sync.getRecord?{query}");
        let url = url.parse::<PathAndQuery>().map_err(|_| LexiconError::NotFound)?;
        let limits = Limits::document(HOST_TIME_MAX, PROOF_BYTES_MAX);
        let response = self.http.get(host.url(url), "application/vnd.ipld.car", &limits).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => return Err(LexiconError::NotFound),
            status => return Err(LexiconError::Status(status.as_u16())),
        }
        let slice = Slice::decode(response.body());
        slice.map_err(|error| LexiconError::Proof(Arc::new(error)))
    }
}

fn path_of(nsid: &Nsid) -> Result<RecordPath, LexiconError> {
    // No name is too long for a key.
    let rkey = RecordKey::parse(nsid.as_str()).map_err(|_| LexiconError::NotFound)?;
    let collection = Nsid::parse(SCHEMA_COLLECTION).expect("it is an NSID");
    Ok(RecordPath::new(collection, rkey))
}

fn is_signed(slice: &Slice, document: &DidDocument) -> bool {
    let commit = slice.commit();
    commit.did == *document.did()
        && document.signing_key().is_some_and(|key| commit.verify(&key).is_ok())
}

/// Reads a record as the schema of a name.
fn read(nsid: &Nsid, uri: AtUri, cid: Cid, block: &[u8]) -> Result<Published, LexiconError> {
    if block.len() > SCHEMA_BYTES_MAX {
        return Err(LexiconError::NotFound);
    }
    let record = cbor::decode_lenient(block, &DataLimits::RECORD);
    let record = record.map_err(|error| LexiconError::Decode(Arc::new(error)))?.value;
    let document = Document::from_value(&record);
    let document = document.map_err(|error| LexiconError::Malformed(Arc::new(error)))?;
    if document.id != *nsid {
        return Err(LexiconError::OtherName(document.id));
    }
    let mentions = document.mentions();
    Ok(Published { uri, cid, record, document, mentions, bytes: block.len() })
}
