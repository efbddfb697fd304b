//! `com.atproto.repo.applyWrites`: makes several changes to the caller's own repository, all or
//! none.
//!
//! Lexicon: `lexicons/com/atproto/repo/applyWrites.json`.

use ::oauth::scope::{Need, RepoAction};
use lexicon::Catalog;
use lexicon::com::atproto::repo::apply_writes::{
    CreateResult, DeleteResult, Error, Input, Output, Results, UpdateResult, Writes,
};
use repo::draft::OPS_MAX;
use repo::mst::Key;
use syntax::{AtUri, Did, RecordPath};

use super::refusal;
use crate::caller::{Account, OrApp, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::record::{self, Prepared};
use crate::write::{self, Change, Op};

/// Answers with the commit, and for each write where its record is.
pub(super) async fn apply_writes(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let account = caller.own_repo(&pds, &input.repo).await?;
    if input.writes.len() > OPS_MAX {
        return Err(Failure::invalid_request(write::Error::TooMany.to_string()));
    }
    for write in &input.writes {
        caller.check(&need(write))?;
    }
    let collections = input.writes.iter().filter_map(|write| match write {
        Writes::Create(create) => Some(&create.collection),
        Writes::Update(update) => Some(&update.collection),
        Writes::Delete(_) => None,
    });
    let schemas = pds.lexicons.for_collections(collections, input.validate).await;
    let mut ops = Vec::with_capacity(input.writes.len());
    let mut results = Vec::with_capacity(input.writes.len());
    for write in input.writes {
        let (op, result) = prepare(&pds, &schemas, &account.did, write, input.validate)?;
        ops.push(op);
        results.push(result);
    }
    let applied = pds
        .writers
        .apply(&account.did, ops, input.swap_commit)
        .await
        .map_err(|err| refusal::of_write(err, Error::InvalidSwap))?;
    Ok(Output { commit: applied.commit.map(Into::into), results: Some(results) })
}

/// Returns what an app needs to make a change.
fn need(write: &Writes) -> Need<'_> {
    let (collection, action) = match write {
        Writes::Create(create) => (&create.collection, RepoAction::Create),
        Writes::Update(update) => (&update.collection, RepoAction::Update),
        Writes::Delete(delete) => (&delete.collection, RepoAction::Delete),
    };
    Need::Repo { collection, action }
}

fn prepare(
    pds: &Pds,
    schemas: &Catalog,
    did: &Did,
    write: Writes,
    validate: Option<bool>,
) -> Result<(Op, Results), Failure<Error>> {
    let prepare = |path: &RecordPath, value| {
        record::prepare(schemas, path, value, validate)
            .map_err(|err| refusal::of_record::<Error>(&err))
    };
    let status = |record: &Prepared| record.status.map(|status| status.as_str().to_owned());
    let (path, change, result) = match write {
        Writes::Create(create) => {
            let rkey = create.rkey.unwrap_or_else(|| pds.clock.next_tid().into());
            let path = RecordPath::new(create.collection, rkey);
            let record = prepare(&path, create.value.0)?;
            let (uri, cid) = (AtUri::of(did, &path), record.content.cid);
            let result = CreateResult { uri, cid, validation_status: status(&record) };
            let change = Change::Create { record: record.content, only: false };
            (path, change, Results::CreateResult(result))
        }
        Writes::Update(update) => {
            let path = RecordPath::new(update.collection, update.rkey);
            let record = prepare(&path, update.value.0)?;
            let (uri, cid) = (AtUri::of(did, &path), record.content.cid);
            let result = UpdateResult { uri, cid, validation_status: status(&record) };
            (path, Change::Update { record: record.content }, Results::UpdateResult(result))
        }
        Writes::Delete(delete) => {
            let path = RecordPath::new(delete.collection, delete.rkey);
            (path, Change::Remove, Results::DeleteResult(DeleteResult {}))
        }
    };
    Ok((Op { path: Key::from(&path), change }, result))
}
