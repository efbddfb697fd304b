//! `com.atproto.admin.getInviteCodes`: lists all invite codes.
//!
//! Lexicon: `lexicons/com/atproto/admin/getInviteCodes.json`.

use lexicon::com::atproto::admin::get_invite_codes::{Output, Params};
use lexicon::com::atproto::server::defs::InviteCode;
use store::InviteOrder;

use crate::caller::Moderator;
use crate::failure::{Failure, Refusal};
use crate::invite;
use crate::pds::Pds;

/// Answers with codes, the newest or the most used first, those that are disabled among them.
pub(super) async fn get_invite_codes(
    pds: Pds,
    _: Moderator,
    params: Params,
) -> Result<Output, Failure> {
    let order = match params.sort.as_str() {
        "recent" => InviteOrder::Recent,
        "usage" => InviteOrder::Usage,
        other => return Err(Failure::invalid_request(format!("unknown sort method: {other}"))),
    };
    let after = params.cursor.as_deref().map(parse).transpose()?;
    let after = after.map(|(rank, code)| (rank, code.to_owned()));
    let limit = u64::try_from(params.limit).unwrap_or_default();
    let read = pds.store.read_long(move |tx| {
        let after = after.as_ref().map(|(rank, code)| (*rank, code.as_str()));
        let codes = tx.invite_codes(order, after, limit)?.into_iter();
        codes.map(|code| invite::shown(tx, code)).collect::<Result<Vec<_>, store::Error>>()
    });
    let codes = read.await?;
    let cursor = codes.last().map(|code| cursor(order, code));
    Ok(Output { codes, cursor })
}

/// Names the code that a page ends with, by what it is sorted by and by itself.
fn cursor(order: InviteOrder, last: &InviteCode) -> String {
    match order {
        InviteOrder::Recent => format!("{}::{}", last.created_at.unix_ms(), last.code),
        InviteOrder::Usage => format!("{}::{}", last.uses.len(), last.code),
    }
}

fn parse(cursor: &str) -> Result<(u64, &str), Refusal> {
    let parts = cursor.split_once("::").and_then(|(rank, code)| Some((rank.parse().ok()?, code)));
    parts.ok_or_else(|| Refusal::invalid_request("Malformed cursor"))
}
