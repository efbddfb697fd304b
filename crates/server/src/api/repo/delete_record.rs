//! `com.atproto.repo.deleteRecord`: deletes one record of the caller's own repository, if it is
//! there.
//!
//! Lexicon: `lexicons/com/atproto/repo/deleteRecord.json`.

use ::oauth::scope::{Need, RepoAction};
use lexicon::com::atproto::repo::delete_record::{Error, Input, Output};
use repo::mst::Key;
use syntax::RecordPath;

use super::refusal;
use crate::caller::{Account, OrApp, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::write::{Change, Op, Swap};

/// Answers with the commit, if there was something to delete.
pub(super) async fn delete_record(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let account = caller.own_repo(&pds, &input.repo).await?;
    caller.check(&Need::Repo { collection: &input.collection, action: RepoAction::Delete })?;
    let path = RecordPath::new(input.collection, input.rkey);
    let swap = input.swap_record.map_or(Swap::Any, |cid| Swap::Was(Some(cid)));
    let op = Op { path: Key::from(&path), change: Change::Delete { swap } };
    let applied = pds
        .writers
        .apply(&account.did, vec![op], input.swap_commit)
        .await
        .map_err(|err| refusal::of_write(err, Error::InvalidSwap))?;
    Ok(Output { commit: applied.commit.map(Into::into) })
}
