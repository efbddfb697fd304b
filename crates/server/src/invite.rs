//! Invite codes: how they look, and when they can be used.

use data_encoding::BASE32_NOPAD;
use store::{Status, Tx};
use syntax::{Datetime, Did};

use crate::pds::Pds;

/// Who has the codes that the operator made for nobody in particular.
pub(crate) const ADMIN: &str = "admin";

/// Makes a code: the server's name, and ten random letters and digits.
pub(crate) fn new_code(pds: &Pds) -> String {
    let mut bytes = [0; 7];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    let random = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
    format!("{}-{}-{}", pds.url.host().replace('.', "-"), &random[..5], &random[5..10])
}

/// Tells whether a code can be used: it is there, was not disabled, is not used up, and whose it is
/// to give has not been taken down.
pub(crate) fn check(tx: &mut Tx<'_>, code: &str) -> Result<bool, store::Error> {
    let Some(found) = tx.invite_code(code)?.filter(|found| !found.disabled) else {
        return Ok(false);
    };
    let uses = u64::try_from(tx.invite_uses(code)?.len()).unwrap_or(u64::MAX);
    if uses >= found.available {
        return Ok(false);
    }
    let Ok(owner) = Did::parse(&found.for_account) else {
        return Ok(true);
    };
    let owner = tx.account(&owner)?;
    Ok(owner.is_some_and(|owner| {
        !matches!(owner.state.status(), Status::TakenDown | Status::Suspended)
    }))
}

/// Returns a code with its uses, as clients see it.
pub(crate) fn shown(
    tx: &mut Tx<'_>,
    code: store::InviteCode,
) -> Result<lexicon::com::atproto::server::defs::InviteCode, store::Error> {
    use lexicon::com::atproto::server::defs::{InviteCode, InviteCodeUse};
    let uses = tx.invite_uses(&code.code)?.into_iter();
    Ok(InviteCode {
        available: i64::try_from(code.available).unwrap_or(i64::MAX),
        code: code.code,
        created_at: Datetime::from_unix_ms(code.created_at),
        created_by: code.created_by,
        disabled: code.disabled,
        for_account: code.for_account,
        uses: uses
            .map(|usage| InviteCodeUse {
                used_at: Datetime::from_unix_ms(usage.used_at),
                used_by: usage.used_by,
            })
            .collect(),
    })
}
