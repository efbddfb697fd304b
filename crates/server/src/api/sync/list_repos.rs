//! `com.atproto.sync.listRepos`: all repositories here.
//!
//! Lexicon: `lexicons/com/atproto/sync/listRepos.json`.

use lexicon::com::atproto::sync::list_repos::{Output, Params, Repo};
use store::repo::HostedRepo;

use crate::caller::Public;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers in the order in which accounts came, those that are not active among them.
pub(super) async fn list_repos(pds: Pds, _: Public, params: Params) -> Result<Output, Failure> {
    let after = params.cursor.as_deref().unwrap_or("0").parse();
    let after = after.map_err(|_| Failure::invalid_request("Malformed cursor"))?;
    let limit = u64::try_from(params.limit).unwrap_or_default();
    let repos = pds.store.read(|tx| tx.hosted_repos(after, limit)).await;
    let repos = repos.map_err(|error: store::Error| Failure::from(error))?;
    let cursor = repos.last().map(|repo| repo.place.to_string());
    Ok(Output { cursor, repos: repos.into_iter().map(shown).collect() })
}

fn shown(repo: HostedRepo) -> Repo {
    Repo {
        active: Some(repo.status.is_active()),
        did: repo.did,
        head: repo.commit,
        rev: repo.rev,
        status: repo.status.reason().map(str::to_owned),
    }
}
