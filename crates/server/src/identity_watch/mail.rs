//! What owners are told when an identity was changed by somebody else.

use identity::plc::log::AuditedLog;
use identity::plc::{DidKey, State};
use migrate::reclaim::{may_take_back, signer};
use migrate::switch::recoverable_until;
use store::{Account, IdentitySeen};

use crate::did_plc::own_keys;
use crate::email;
use crate::pds::Pds;
use crate::session::shown_handle;

/// A mail's subject and text.
pub(super) type Mail = (&'static str, String);

/// Something was changed, and the account is here.
pub(super) fn changed(
    pds: &Pds,
    account: &Account,
    before: &IdentitySeen,
    log: &AuditedLog,
) -> Mail {
    let before = log.entries().iter().find(|entry| entry.cid == before.operation);
    let before = before.and_then(|entry| entry.operation.state()).unwrap_or_default();
    let after = log.state().unwrap_or_default();
    let lines: Vec<String> =
        before.differences(&after).iter().map(|line| format!("  {line}")).collect();
    let text = format!(
        "{}\n\nThis has changed:\n\n{}\n\nThe account is at {} as before. If it was you who changed \
         this, there is nothing to do.{}",
        who(account, log),
        lines.join("\n"),
        pds.url,
        way_back(pds, account, log),
    );
    ("Your identity was changed", letter(pds, account, &text))
}

/// The identity leads elsewhere, and the account was closed.
pub(super) fn led_away(pds: &Pds, account: &Account, log: &AuditedLog) -> Mail {
    let place = |state: State| match state.pds() {
        Some(service) => format!("It says now that the account is at {}.", service.endpoint),
        None => "It names no host any more.".to_owned(),
    };
    let place = log.state().map_or_else(|| "It has ended.".to_owned(), place);
    let text = format!(
        "{}\n\n{place} The account at {} was closed, so that nobody speaks for you at two places. All \
         that is in it is kept. If it was you who moved the account, there is nothing to do.{}",
        who(account, log),
        pds.url,
        way_back(pds, account, log),
    );
    ("Your identity leads to another host", letter(pds, account, &text))
}

/// The identity leads here again, and the account was opened.
pub(super) fn back(pds: &Pds, account: &Account) -> Mail {
    let text = format!(
        "your identity {} says again that your account is at {}. The account is open.",
        account.did, pds.url
    );
    ("Your account is open again", letter(pds, account, &text))
}

fn letter(pds: &Pds, account: &Account, text: &str) -> String {
    email::letter(pds, &shown_handle(account), text)
}

fn who(account: &Account, log: &AuditedLog) -> String {
    let key = signer(log).map_or_else(|| "its first key".to_owned(), |key| key.as_str().to_owned());
    format!(
        "your identity {} was changed at {} by a key that is not this server's:\n\n  {key}",
        account.did,
        log.last().created_at.as_str()
    )
}

/// Says who can take the change back, how, and until when.
fn way_back(pds: &Pds, account: &Account, log: &AuditedLog) -> String {
    let own = own_keys(pds);
    let theirs = |keys: Vec<DidKey>| -> Vec<String> {
        let keys = keys.into_iter().filter(|key| !own.contains(key));
        keys.map(|key| format!("  {}", key.as_str())).collect()
    };
    let higher = theirs(may_take_back(log));
    if higher.is_empty() {
        return "\n\nIf it was not you, write to the operator of this server at once. No key of yours is \
                of a higher rank than the one that did this."
            .to_owned();
    }
    let until = recoverable_until(&log.last().created_at);
    format!(
        "\n\nIf it was not you, it can be taken back until {} with one of these keys:\n\n{}\n\nWhere you \
         have the key in a file, run this (the key stays where it is), and the account opens by itself:\n\n\
         \x20 pagurus reclaim {} --host {} --rotation-key-file FILE",
        until.as_str(),
        higher.join("\n"),
        account.did,
        pds.url,
    )
}
