//! `com.atproto.repo.createRecord`: adds one record to the caller's own repository.
//!
//! Lexicon: `lexicons/com/atproto/repo/createRecord.json`.

use ::oauth::scope::{Need, RepoAction};
use lexicon::com::atproto::repo::create_record::{Error, Input, Output};
use repo::mst::Key;
use syntax::{AtUri, RecordPath};

use super::refusal;
use crate::caller::{Account, OrApp, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::record;
use crate::write::{Change, Op};

/// Answers with the record's address and the commit that holds it.
pub(super) async fn create_record(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let account = caller.own_repo(&pds, &input.repo).await?;
    caller.check(&Need::Repo { collection: &input.collection, action: RepoAction::Create })?;
    let rkey = input.rkey.unwrap_or_else(|| pds.clock.next_tid().into());
    let path = RecordPath::new(input.collection, rkey);
    let collections = [&path.collection].into_iter();
    let schemas = pds.lexicons.for_collections(collections, input.validate).await;
    let record = record::prepare(&schemas, &path, input.record.0, input.validate)
        .map_err(|err| refusal::of_record(&err))?;

    // Likes of the same post are one like, unless the caller wants records taken as they are.
    let only = input.validate != Some(false);
    let (cid, status) = (record.content.cid, record.status);
    let change = Change::Create { record: record.content, only };
    let op = Op { path: Key::from(&path), change };
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
