//! `social.pagurus.migration.listMoves`: the moves to this server, for its operator.
//!
//! Lexicon: `lexicons/social/pagurus/migration/listMoves.json`.

use lexicon::social::pagurus::migration::list_moves::{Output, Params};

use crate::caller::Admin;
use crate::failure::Failure;
use crate::mover;
use crate::pds::Pds;

/// Answers with a page of moves, the newest first.
pub(super) async fn list_moves(pds: Pds, _: Admin, params: Params) -> Result<Output, Failure> {
    let before = match params.cursor.as_deref().map(str::parse) {
        Some(Ok(before)) => before,
        Some(Err(_)) => return Err(Failure::invalid_request("Malformed cursor")),
        None => i64::MAX,
    };
    let limit = u64::try_from(params.limit).unwrap_or_default();
    let rows = pds.store.read(|tx| tx.moves(before, limit)).await?;
    let is_full = u64::try_from(rows.len()).unwrap_or_default() == limit;
    let cursor = rows.last().filter(|_| is_full).map(|row| row.id.to_string());
    Ok(Output { cursor, moves: rows.into_iter().map(mover::summary).collect() })
}
