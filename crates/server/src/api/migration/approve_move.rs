//! `social.pagurus.migration.approveMove`: agrees to what a move changes and loses.
//!
//! Lexicon: `lexicons/social/pagurus/migration/approveMove.json`.

use lexicon::social::pagurus::migration::approve_move::{Error, Input, Output};
use migrate::job::Approval;

use super::refusal::shown;
use crate::caller::{Account, Full};
use crate::failure::{Failure, Fault};
use crate::mover;
use crate::pds::Pds;

/// Notes what the owner agrees to, which is what they name.
pub(super) async fn approve_move(
    pds: Pds,
    caller: Account<Full>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let unreadable = input.unreadable_records.unwrap_or_default();
    let approval = Approval {
        at_ms: 0,
        head: input.head,
        blobs: input.missing_blobs.unwrap_or_default(),
        unreadable: u64::try_from(unreadable).unwrap_or_default(),
        preferences: input.preferences.unwrap_or_default(),
    };
    mover::approve(&pds, caller.did(), approval).await.map_err(Fault::from)?;
    Ok(Output { job: shown(&pds, caller.did()).await? })
}
