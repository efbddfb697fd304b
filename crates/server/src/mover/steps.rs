//! The steps of a move. Each can be done again from its beginning, whatever of it was done before.

mod blobs;
mod cancel;
mod close;
mod fetch;
mod late;
mod report;
mod reserve;
mod sign;
mod undo;

use migrate::job::State;

use super::Live;
use super::job::Job;
use super::trouble::{Trouble, Turn};
use crate::pds::Pds;

pub(super) use self::blobs::{loss, name as loss_name};

/// Does the step that is due.
pub(super) async fn step(pds: &Pds, job: &mut Job, live: &Live) -> Result<Turn, Trouble> {
    match job.state {
        State::Reserve => reserve::step(pds, job).await,
        State::Import => fetch::import(pds, job, live).await,
        State::Blobs => blobs::step(pds, job, live).await,
        State::Private => fetch::private(pds, job).await,
        State::CatchUp => fetch::catch_up(pds, job, live).await,
        State::Ready => sign::ready(pds, job, live).await,
        State::Sign => sign::sign(pds, job).await,
        State::Submit => sign::submit(pds, job).await,
        State::Confirm => sign::confirm(pds, job).await,
        State::FinalCatchUp => fetch::final_catch_up(pds, job, live).await,
        State::Activate => close::activate(pds, job).await,
        State::Network => close::network(pds, job).await,
        State::Retire => close::retire(pds, job, live).await,
        State::Report => report::step(pds, job, live).await,
        State::UndoClose => undo::close(pds, job).await,
        State::UndoSubmit => undo::submit(pds, job).await,
        State::UndoOpen => undo::open(pds, job).await,
        State::Cancel => cancel::step(pds, job).await,
        // Nothing is due; whoever asks has not looked.
        State::Done | State::RolledBack | State::Cancelled => {
            Ok(Turn::Next(job.state, "it has ended".to_owned()))
        }
    }
}
