//! Invite codes: how they look, and when they can be used.

use data_encoding::BASE32_NOPAD;
use store::{Account, InviteCode, Status, Tx};
use syntax::{Datetime, Did};

use crate::pds::Pds;

/// Who has the codes that the operator made for nobody in particular.
pub(crate) const ADMIN: &str = "admin";

/// The most codes that an account has made and nobody has used.
const OPEN_MAX: usize = 5;

/// Makes a code: the server's name, and ten random letters and digits.
pub(crate) fn make(pds: &Pds, owner: &str, maker: &str, uses: i64) -> InviteCode {
    let mut bytes = [0; 7];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    let random = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
    let host = pds.url.host().replace('.', "-");
    InviteCode {
        code: format!("{host}-{}-{}", &random[..5], &random[5..10]),
        available: u64::try_from(uses).unwrap_or_default(),
        disabled: false,
        for_account: owner.to_owned(),
        created_by: maker.to_owned(),
        created_at: pds.clock.now_ms(),
    }
}

/// Makes the codes that an account has come to since the last time: one for each interval since it
/// was made, or since codes are given at all, and no more than a few that are not used yet. What the
/// operator gave does not count, nor what was made before codes were given.
pub(crate) async fn make_due(pds: &Pds, account: &Account) -> Result<(), store::Error> {
    let Some(interval_h) = pds.config.invite_interval_hours.filter(|hours| *hours > 0) else {
        return Ok(());
    };
    let interval_ms = u64::from(interval_h) * 60 * 60 * 1000;
    let (id, did) = (account.id, account.did.to_string());
    let epoch = pds.config.invite_epoch.as_ref().map_or(0, Datetime::unix_ms);
    let created_at = account.created_at;
    let owned = pds.clone();
    pds.store
        .write(move |tx| {
            let mut own = tx.invite_codes_for(&did)?;
            own.retain(|code| code.created_by == did);
            let mut open = 0;
            for code in own.iter().filter(|code| !code.disabled) {
                let uses = u64::try_from(tx.invite_uses(&code.code)?.len()).unwrap_or(u64::MAX);
                open += usize::from(uses < code.available);
            }
            // Intervals are counted from when the account was made, whole ones only.
            let until = |time_ms: u64| time_ms.saturating_sub(created_at) / interval_ms;
            let earned = until(tx.now_ms()).saturating_sub(until(epoch));
            let earned = usize::try_from(earned).unwrap_or(usize::MAX);
            let had = own.iter().filter(|code| code.created_at > epoch).count();
            let due = earned.saturating_sub(had).min(OPEN_MAX.saturating_sub(open));
            let disabled = tx.invite_standing(id)?.disabled;
            for _ in 0..due {
                let code = InviteCode { disabled, ..make(&owned, &did, &did, 1) };
                tx.create_invite_code(&code)?;
            }
            Ok(())
        })
        .await
}

/// Tells whether a code can be used: it is there, was not disabled, is not used up, and whose it is
/// to give has not been taken down. That need not be an account here: an operator may give codes to
/// somebody elsewhere. Those of an account are disabled when it is deleted.
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
    Ok(owner
        .is_none_or(|owner| !matches!(owner.state.status(), Status::TakenDown | Status::Suspended)))
}

/// Returns a code with its uses, the last first, as clients see it.
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
            .rev()
            .map(|usage| InviteCodeUse {
                used_at: Datetime::from_unix_ms(usage.used_at),
                used_by: usage.used_by,
            })
            .collect(),
    })
}
