//! `com.atproto.repo.describeRepo`: whose repository it is, and which collections it has.
//!
//! Lexicon: `lexicons/com/atproto/repo/describeRepo.json`.

use axum::body::Body;
use http::Response;
use http::request::Parts;
use identity::document::Document;
use lexicon::com::atproto::repo::describe_repo::Params;
use syntax::{Did, Handle};

use super::reads::json_response;
use crate::caller::Public;
use crate::failure::{Failure, Fault};
use crate::hosted;
use crate::pds::Pds;

/// Answers with the account's document as the resolver remembers it.
pub(super) async fn describe_repo(
    pds: Pds,
    _: Public,
    params: Params,
    _: Parts,
) -> Result<Response<Body>, Failure> {
    let Params { repo } = params;
    let read = pds.store.read(|tx| {
        let found = hosted::account(tx, &repo)?;
        let account = hosted::available(found, repo.as_str(), false)?;
        let collections = match tx.head(account.id)? {
            Some(head) => tx.collections(head.repo)?,
            None => Vec::new(),
        };
        Ok::<_, Fault>((account.did, account.handle, collections))
    });
    let (did, handle, collections) = read.await?;
    let document = pds.resolver.document(&did).await.map_err(|error| {
        tracing::warn!(%did, %error, "an account's document cannot be had");
        Failure::invalid_request(format!("Could not resolve DID: {did}"))
    })?;
    let handle = handle.unwrap_or_else(Handle::invalid);
    Ok(json_response(shown(&did, &handle, &document, &collections)))
}

/// Writes the answer. The document goes into it as it is; nothing else has a character that JSON
/// would write in another way.
fn shown(did: &Did, handle: &Handle, document: &Document, collections: &[String]) -> Vec<u8> {
    let is_correct = document.handle().as_ref() == Some(handle);
    let quoted: Vec<String> = collections.iter().map(|name| format!("\"{name}\"")).collect();
    let (document, collections) = (document.as_json(), quoted.join(","));
    format!(
        r#"{{"handle":"{handle}","did":"{did}","didDoc":{document},"collections":[{collections}],"handleIsCorrect":{is_correct}}}"#
    )
    .into_bytes()
}
