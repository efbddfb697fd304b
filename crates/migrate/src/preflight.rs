//! What is looked at before an account moves. Nothing is changed anywhere.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use identity::Origin;
use identity::plc::log::AuditedLog;
use identity::plc::{DidKey, Operation};
use oauth::scope::{AccountAction, AccountAttr, Need};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use syntax::{Cid, Codec, Datetime, Did};

use crate::host::{Bound, HostError, Owner, SignedIn};
use crate::job::Finding;
use crate::switch::{Destination, RECOVERY_TIME, Switch};

/// How far the clocks of two hosts may be apart: relays drop what is five minutes ahead, and the
/// tokens by which hosts speak to each other last a minute.
pub const SKEW_MAX: Duration = Duration::from_secs(30);
/// The method that tokens are asked for.
const CREATE_ACCOUNT: &str = "com.atproto.server.createAccount";
/// How long a token lasts if nobody asks for more, in seconds.
const TOKEN_TIME_S: u64 = 60;
/// How many blobs are read to see whether the host still has their bytes.
const SAMPLE: usize = 20;
/// How many bytes of a blob are read for that.
const SAMPLE_BYTES_MAX: u64 = 64 << 20;
/// How many pages of blobs are counted.
const PAGES_MAX: usize = 100;
/// How many operations directories accept in an hour, a day and a week.
const OPERATIONS: [(u64, usize, &str); 3] =
    [(60 * 60, 10, "hour"), (24 * 60 * 60, 30, "day"), (7 * 24 * 60 * 60, 100, "week")];

/// What an app needs to see the e-mail address.
const SEE_EMAIL: Need<'_> = Need::Account { attr: AccountAttr::Email, action: AccountAction::Read };

/// Looks at the old host, as the account's owner.
///
/// # Errors
///
/// [`HostError`] if the session does not do. All else is a finding.
pub async fn source(
    owner: &Owner,
    session: &SignedIn,
    new_host: &Did,
    now_ms: u64,
) -> Result<Vec<Finding>, HostError> {
    let mut findings = Vec::new();
    let token = owner.service_token(new_host, CREATE_ACCOUNT).await?;
    findings.push(clock(made_at_s(&token), now_ms));
    findings.push(match session.active {
        Some(false) => Finding::yellow("account", "the account is not active at the old host"),
        _ => Finding::green("account", "the account is active at the old host"),
    });
    let there = owner.session().await;
    findings.extend(there.bound().into_iter().flat_map(|app| of_app(app, owner.host().origin())));
    let hides_email = there.bound().is_some_and(|app| !app.allows(&SEE_EMAIL));
    findings.push(match &session.email {
        Some(_) => Finding::green("code", "the old host has an address to mail a code to"),
        None if hides_email => Finding::yellow(
            "code",
            "you have not let us see the e-mail address that the old host has of you: that is where it \
             will mail a code to",
        ),
        None => Finding::yellow(
            "code",
            "the old host has no e-mail address of the account and can mail no code: set one \
             there, or sign the change with a rotation key of your own",
        ),
    });
    let latest = owner.latest_commit().await?;
    let ahead_us = latest.rev.timestamp_us().saturating_sub(now_ms.saturating_mul(1000));
    findings.push(if Duration::from_micros(ahead_us) > Duration::from_secs(5 * 60) {
        Finding::yellow(
            "revision",
            format!(
                "the repository is at revision {} from the future, and gets another",
                latest.rev
            ),
        )
    } else {
        Finding::green("revision", format!("the repository is at revision {}", latest.rev))
    });
    findings.extend(blobs(owner).await?);
    Ok(findings)
}

/// Tells what an app that was let in cannot do at the old host.
fn of_app(app: &Bound, from: &Origin) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !app.may_close() {
        let text = format!(
            "{from} does not let us close the account there: when the move is done, sign in there \
             yourself and deactivate it"
        );
        findings.push(Finding::yellow("close", text));
    }
    findings.push(Finding::yellow(
        "preferences",
        "hosts may keep some preferences from apps, such as the date of birth: look at it after the move, \
         or sign in with the main password in place of the host's pages",
    ));
    findings
}

/// Returns when a token was made, in seconds since 1970, if it says so.
fn made_at_s(token: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Claims {
        iat: Option<u64>,
        exp: u64,
    }
    let claims = BASE64URL_NOPAD.decode(token.split('.').nth(1)?.as_bytes()).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    claims.iat.or_else(|| claims.exp.checked_sub(TOKEN_TIME_S))
}

fn clock(time_s: Option<u64>, now_ms: u64) -> Finding {
    let Some(theirs) = time_s else {
        return Finding::yellow("clock", "the old host does not tell its time");
    };
    let apart = Duration::from_secs(theirs.abs_diff(now_ms / 1000));
    if apart > SKEW_MAX {
        let text = format!(
            "the clocks of the two hosts are {} seconds apart: what one signs the other may take \
             for expired or for the future; set them right first",
            apart.as_secs()
        );
        return Finding::red("clock", text);
    }
    Finding::green("clock", "the clocks of the two hosts agree")
}

/// Counts blobs, and reads some of them.
async fn blobs(owner: &Owner) -> Result<Vec<Finding>, HostError> {
    let (mut cids, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let page = owner.blobs(cursor.as_deref()).await?;
        pages += 1;
        let is_last = page.cids.is_empty() || page.cursor.is_none() || pages == PAGES_MAX;
        cids.extend(page.cids);
        if is_last {
            break;
        }
        cursor = page.cursor;
    }
    let step = cids.len().div_ceil(SAMPLE).max(1);
    let mut gone = Vec::new();
    let mut looked_at = 0;
    for cid in cids.iter().step_by(step) {
        looked_at += 1;
        if !is_sound(owner, cid).await? {
            gone.push(cid.to_string());
        }
    }
    let count = cids.len();
    if gone.is_empty() {
        let text = format!("{count} blobs, of which {looked_at} were read and are sound");
        return Ok(vec![Finding::green("blobs", text)]);
    }
    let text = format!(
        "{count} blobs; of {looked_at} that were read the old host does not give {} as they were: {}",
        gone.len(),
        gone.join(", ")
    );
    Ok(vec![Finding::yellow("blobs", text)])
}

/// Tells whether a host gives the bytes that a blob is named by.
async fn is_sound(owner: &Owner, cid: &Cid) -> Result<bool, HostError> {
    let mut download = match owner.blob(cid, 0).await {
        Ok(download) => download,
        Err(HostError::SessionEnded) => return Err(HostError::SessionEnded),
        Err(_) => return Ok(false),
    };
    let (mut hash, mut bytes) = (Sha256::new(), 0_u64);
    loop {
        match download.next().await {
            Ok(Some(piece)) => {
                bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
                hash.update(&piece);
                if bytes > SAMPLE_BYTES_MAX {
                    // So large, it is there; all of it is read when it moves.
                    return Ok(true);
                }
            }
            Ok(None) => break,
            Err(_) => return Ok(false),
        }
    }
    Ok(Cid::from_digest(Codec::Raw, hash.finalize().into()) == *cid)
}

/// Looks at a did:plc identity: whether it is at the old host, who may change it, and what the move
/// will change.
pub fn identity(
    log: &AuditedLog,
    last: &Operation,
    from: &Origin,
    old_host: &[DidKey],
    to: &Destination,
    own: Option<DidKey>,
    now: &Datetime,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let switch = match Switch::plan(last, old_host, to, own) {
        Ok(switch) => switch,
        Err(error) => return vec![Finding::red("identity", error.to_string())],
    };
    findings.push(if switch.before.leads_to(from) {
        Finding::green("identity", format!("the identity says that the account is at {from}"))
    } else {
        let text = format!("the identity does not say that the account is at {from}");
        Finding::red("identity", text)
    });
    for key in &switch.before.rotation_keys {
        let whose = match key {
            key if old_host.contains(key) => "the old host's, and goes",
            key if to.rotation_keys.contains(key) => "this host's, and stays",
            _ => "yours or a third party's, and stays",
        };
        findings
            .push(Finding::green("rotation_key", format!("{key} is {whose}", key = key.as_str())));
    }
    let signs_at_old_host = switch.before.rotation_keys.iter().any(|key| old_host.contains(key));
    if !signs_at_old_host {
        findings.push(Finding::yellow(
            "signature",
            "no rotation key is known to be the old host's: sign the change with a key of your own",
        ));
    }
    if let Some(signer) = switch.before.rotation_keys.iter().find(|key| old_host.contains(key)) {
        let hours = RECOVERY_TIME.as_secs() / 3600;
        let text = match switch.may_undo(signer) {
            [] => "if the old host signs, nobody can take the change back".to_owned(),
            keys => format!(
                "if the old host signs, these keys can take the change back for {hours} hours: {}",
                keys.iter().map(DidKey::as_str).collect::<Vec<_>>().join(", ")
            ),
        };
        findings.push(Finding::green("undo", text));
    }
    if let Err(error) = check_limits(&switch) {
        findings.push(Finding::red("rotation_key", error));
    }
    findings.extend(operations(log, now));
    findings
}

/// Tells whether directories would take the state that the move makes.
fn check_limits(switch: &Switch) -> Result<(), String> {
    switch
        .after
        .check_limits()
        .map_err(|error| format!("{error}: remove a rotation key from the identity before moving"))
}

/// Counts the operations of late: directories take only so many.
fn operations(log: &AuditedLog, now: &Datetime) -> Vec<Finding> {
    let now_s = now.unix_us().div_euclid(1_000_000);
    let mut findings = Vec::new();
    for (seconds, most, name) in OPERATIONS {
        let since = now_s - i64::try_from(seconds).unwrap_or(i64::MAX);
        let of_late = |at: &Datetime| at.unix_us().div_euclid(1_000_000) > since;
        let count = log.entries().iter().filter(|entry| of_late(&entry.created_at)).count();
        if count >= most {
            let text = format!(
                "the identity was changed {count} times within a {name}, and directories take no \
                 more: wait first"
            );
            findings.push(Finding::red("operations", text));
        }
    }
    findings
}

/// Returns what no move takes along, whatever the hosts.
pub fn stays_behind() -> Finding {
    Finding::yellow(
        "stays_behind",
        "passwords, app passwords, sessions and apps' permissions do not move: sign in anew \
         everywhere. Chats, mutes and bookmarks are kept by other services under your DID and stay. \
         Uploads that no record refers to are not moved",
    )
}
