//! `social.pagurus.migration.getReport`: the signed report of a move.
//!
//! Lexicon: `lexicons/social/pagurus/migration/getReport.json`.

use lexicon::social::pagurus::migration::get_report::{Error, Output};

use crate::caller::{Account, Full};
use crate::failure::{Failure, Fault};
use crate::mover;
use crate::pds::Pds;

/// Answers with the file of the report, when the move is done.
pub(super) async fn get_report(pds: Pds, caller: Account<Full>) -> Result<Output, Failure<Error>> {
    let report = mover::report(&pds, caller.did()).await.map_err(Fault::from)?;
    Ok(Output { report })
}
