//! `com.atproto.repo.putRecord`: adds or replaces one record of the caller's own repository.
//!
//! Lexicon: `lexicons/com/atproto/repo/putRecord.json`.

use ::oauth::scope::{Need, RepoAction};
use lexicon::com::atproto::repo::put_record::{Error, Input, Output};
use lexicon::wire::Nullable;
use repo::data::Value;
use repo::data::blob::BlobRef;
use repo::mst::Key;
use store::AccountId;
use syntax::{AtUri, RecordPath};

use super::refusal;
use crate::caller::{Account, OrApp, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::record;
use crate::write::{Change, Op, Swap};

/// Answers with the record's address and the commit that holds it, if anything changed.
pub(super) async fn put_record(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let account = caller.own_repo(&pds, &input.repo).await?;
    // Which of both it will be, is only known when it is done.
    for action in [RepoAction::Create, RepoAction::Update] {
        caller.check(&Need::Repo { collection: &input.collection, action })?;
    }
    let path = RecordPath::new(input.collection, input.rkey);
    let mut value = input.record.0;
    if path.collection.as_str() == "app.bsky.actor.profile" {
        upgrade_images(&pds, account.id, &mut value).await?;
    }
    let collections = [&path.collection].into_iter();
    let schemas = pds.lexicons.for_collections(collections, input.validate).await;
    let record = record::prepare(&schemas, &path, value, input.validate)
        .map_err(|err| refusal::of_record(&err))?;

    let swap = match input.swap_record {
        Nullable::Absent => Swap::Any,
        Nullable::Null => Swap::Was(None),
        Nullable::Value(cid) => Swap::Was(Some(cid)),
    };
    let (cid, status) = (record.content.cid, record.status);
    let op = Op { path: Key::from(&path), change: Change::Put { record: record.content, swap } };
    let applied = pds
        .writers
        .apply(&account.did, vec![op], input.swap_commit)
        .await
        .map_err(|err| refusal::of_write(err, Error::InvalidSwap))?;

    Ok(Output {
        uri: AtUri::of(&account.did, &path),
        cid,
        commit: applied.commit.map(Into::into),
        validation_status: status.map(|status| status.as_str().to_owned()),
    })
}

/// Brings a profile's images to the present form, of which clients send back what they once read.
async fn upgrade_images(pds: &Pds, id: AccountId, record: &mut Value) -> Result<(), store::Error> {
    let Value::Map(map) = record else { return Ok(()) };
    for name in ["avatar", "banner"] {
        let Some(legacy) = map.get(name).and_then(BlobRef::from_legacy_value) else { continue };
        let blob = pds.store.read(|tx| tx.blob(id, &legacy.cid)).await?;
        // One that is not here is refused later, as any other blob of that form.
        if let Some(blob) = blob {
            let size = Some(blob.size);
            let present = BlobRef { cid: blob.cid, mime_type: blob.mime_type, size };
            map.insert(name, present.to_value());
        }
    }
    Ok(())
}
