//! `com.atproto.server.checkAccountStatus`: tells how far an account has moved in.
//!
//! Lexicon: `lexicons/com/atproto/server/checkAccountStatus.json`.

use lexicon::com::atproto::server::check_account_status::Output;

use crate::account::points_here;
use crate::caller::{Account, OrApp, Standard};
use crate::failure::{Failure, Fault};
use crate::pds::Pds;

/// Answers with what there is of the account, and whether its identity points here.
pub(super) async fn check_account_status(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
) -> Result<Output, Failure> {
    let account = caller.row(&pds).await?;
    let id = account.id;
    let counted = pds.store.read_long(move |tx| {
        let head = tx.head(id)?.ok_or(store::Error::Missing)?;
        let nodes = tx.count_nodes(head.repo)?;
        let blobs = tx.count_blobs(id, head.repo)?;
        Ok::<_, store::Error>((head, nodes, blobs))
    });
    let (head, nodes, (expected_blobs, imported_blobs)) = counted.await?;
    let valid_did = match points_here(&pds, &account).await {
        Ok(()) => true,
        Err(Fault::Refused(_)) => false,
        Err(fault) => return Err(fault.into()),
    };
    Ok(Output {
        activated: account.state.status().is_active(),
        valid_did,
        repo_commit: head.commit,
        repo_rev: head.rev.to_string(),
        // The commit is a block as well.
        repo_blocks: int(head.records + nodes + 1),
        indexed_records: int(head.records),
        private_state_values: 0,
        expected_blobs: int(expected_blobs),
        imported_blobs: int(imported_blobs),
    })
}

fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
