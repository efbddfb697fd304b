//! `social.pagurus.migration.resumeMove`: goes on at once with a move that failed or waits.
//!
//! Lexicon: `lexicons/social/pagurus/migration/resumeMove.json`.

use lexicon::social::pagurus::migration::resume_move::{Error, Input, Output};

use super::refusal::shown;
use crate::caller::{Account, Full};
use crate::failure::{Failure, Fault};
use crate::mover;
use crate::pds::Pds;

/// Tries again, with a new session at the old host if there is a password.
pub(super) async fn resume_move(
    pds: Pds,
    caller: Account<Full>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let Input { password, auth_factor_token, lost_blobs } = input;
    let password = password.map(|password| (password, auth_factor_token));
    let resumed = mover::resume(&pds, caller.did(), password, lost_blobs.unwrap_or_default());
    resumed.await.map_err(Fault::from)?;
    Ok(Output { job: shown(&pds, caller.did()).await? })
}
