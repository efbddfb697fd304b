//! Cancelling a move: nothing of the account stays here.

use migrate::job::State;
use store::Status;

use super::close::sign_out;
use crate::account;
use crate::mover::job::Job;
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;

/// Deletes what came. An account that was here before, deactivated, stays, as it was not made by the
/// move.
pub(super) async fn step(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    if let Some(account) = pds.store.account(job.did()).await? {
        let is_new = !job.journal.was_here && account.state.status() == Status::Deactivated;
        if is_new {
            account::discard(pds, job.did()).await?;
        }
    }
    sign_out(pds, job).await;
    let text = "the move is cancelled; at the old host nothing was changed";
    Ok(Turn::Next(State::Cancelled, text.to_owned()))
}
