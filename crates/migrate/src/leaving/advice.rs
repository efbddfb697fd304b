//! What to do about what was found, and whether the old account is still needed.

use identity::Origin;
use serde::Serialize;
use syntax::Datetime;

use super::Seen;
use super::identity::Named;
use super::standing::Standing;
use super::view::Unread;
use crate::job::{Finding, Level};
use crate::switch::recoverable_until;

/// What the owner of an account that leaves should do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// What to do, in sentences, the next thing first.
    pub next: Vec<String>,
    /// Whether the account at the old host can be closed. It can be opened again.
    pub may_close: bool,
    /// Whether it can be deleted.
    pub may_delete: bool,
    /// Before when it should not be deleted: until then, a higher key may take the change of the
    /// identity back.
    pub delete_not_before: Option<Datetime>,
}

impl Advice {
    pub(super) fn of(seen: &Seen, findings: &[Finding], from: &Origin, to: &Origin) -> Self {
        let is_red = Finding::is_red(findings);
        let is_compared = seen.records.is_some() || seen.from == Standing::Gone;
        let is_whole = !is_red && is_compared && matches!(seen.files, Some(Ok(_)));
        let is_there = seen.identity.named == Named::New && seen.to == Standing::Open;
        let may_close = is_whole && is_there;
        let may_delete = may_close && seen.from != Standing::Open;
        let until = seen.identity.since.as_ref().filter(|_| may_close).map(recoverable_until);
        let mut next = mending(seen, findings, from, to);
        if !is_red {
            next.extend(going_on(seen, is_whole, from, to));
        }
        next.push(match (may_close, seen.from) {
            (true, Standing::Gone) => "Nothing is left to do.".to_owned(),
            (true, Standing::Open) => format!(
                "Close the account at {from} (com.atproto.server.deactivateAccount). It can be \
                 opened again, and what is there stays yours to fetch."
            ),
            (true, _) => {
                let wait = until.as_ref().map_or(String::new(), |until| {
                    format!(", not before {until}: until then the change may be taken back")
                });
                format!(
                    "Nothing is left to do. The account at {from} may stay closed, or be \
                     deleted{wait}."
                )
            }
            (false, _) => format!("Do not delete the account at {from} yet."),
        });
        Self { next, may_close, may_delete, delete_not_before: until }
    }
}

/// Says how to get what is not there.
fn mending(seen: &Seen, findings: &[Finding], from: &Origin, to: &Origin) -> Vec<String> {
    let mut next = Vec::new();
    let has = |about: &str, level| {
        findings.iter().any(|finding| finding.about == about && finding.level == level)
    };
    for (sight, at) in [(&seen.old, from), (&seen.new, to)] {
        if matches!(sight, Err(Unread::ForOwner)) {
            next.push(format!("Check again with the password of the account at {at}."));
        }
    }
    if matches!(seen.new, Err(Unread::Failed(_))) {
        next.push(format!(
            "Bring the repository once more: com.atproto.sync.getRepo at {from}, then \
             com.atproto.repo.importRepo at {to}. Then check again."
        ));
    }
    if has("late", Level::Red) || has("records", Level::Red) {
        next.push(format!(
            "Bring the records that are named: com.atproto.sync.getRepo at {from}, with `since` if \
             you know up to which revision they came, then com.atproto.repo.importRepo at {to}; or \
             write them anew there. Then check again."
        ));
    }
    if has("files", Level::Red) {
        next.push(format!(
            "Bring the files that are named while {from} has them: com.atproto.sync.getBlob there, \
             then com.atproto.repo.uploadBlob at {to}. Then check again."
        ));
    }
    match &seen.identity.named {
        Named::Other(_) => next.push("Look at the identity before anything else.".to_owned()),
        Named::Unknown(_) => next.push("Check again when the directory answers.".to_owned()),
        Named::New | Named::Old | Named::Ended => {}
    }
    if has("signature", Level::Red) {
        next.push(format!("Open the account at {to} anew, which signs the repository."));
    }
    next
}

/// Says what comes next where nothing is wrong.
fn going_on(seen: &Seen, is_whole: bool, from: &Origin, to: &Origin) -> Option<String> {
    match (&seen.identity.named, seen.to) {
        (Named::Old, _) if is_whole => Some(format!(
            "All is at {to}. Have the identity changed: ask for the code at {from} \
             (com.atproto.identity.requestPlcOperationSignature), sign there with what {to} \
             recommends, send it at {to}, and open the account there. For a did:web, publish the \
             document."
        )),
        (Named::New, Standing::Closed) => {
            Some(format!("Open the account at {to} (com.atproto.server.activateAccount)."))
        }
        _ => None,
    }
}
