//! What this server has to say before an account moves here.

use identity::Origin;
use migrate::host::SignedIn;
use migrate::job::Finding;
use store::Status;
use syntax::{Did, Handle};

use super::begin::{BeginError, Wish};
use crate::handle::{self, Domain};
use crate::pds::Pds;
use crate::{account, email, invite};

/// The fewest bytes that have to be free on the disk before a move begins.
const FREE_BYTES_MIN: u64 = 256 << 20;

/// Looks at what this server has to say.
pub(super) async fn own_findings(
    pds: &Pds,
    wish: &Wish,
    session: &SignedIn,
    from: &Origin,
) -> Result<Vec<Finding>, BeginError> {
    let mut findings = Vec::new();
    let did = &session.did;
    let here = pds.store.account(did).await?;
    match here.as_ref().map(|account| account.state.status()) {
        None => {}
        Some(Status::Deactivated) => findings.push(Finding::yellow(
            "here",
            "the account was here before: what it has at the old host takes the place of what is \
             here",
        )),
        Some(_) => findings.push(Finding::red("here", "the account is here and active already")),
    }
    let is_new = here.is_none();
    if let Some(handle) = &wish.handle {
        findings.push(handle_finding(pds, did, handle, from).await);
        findings.extend(taken(pds, wish, session, handle, is_new).await?);
    }
    let email = wish.email.as_deref().or(session.email.as_deref());
    if let Err(refusal) = email::check_new(pds, email) {
        findings.push(Finding::red("email", refusal.message().to_owned()));
    }
    let free = rustix::fs::statvfs(&pds.config.data);
    if let Ok(free) = free
        && free.f_bavail.saturating_mul(free.f_frsize) < FREE_BYTES_MIN
    {
        findings.push(Finding::red("disk", "there is hardly any room on the disk here"));
    }
    Ok(findings)
}

async fn handle_finding(pds: &Pds, did: &Did, handle: &Handle, from: &Origin) -> Finding {
    match handle::check(pds, handle) {
        Err(error) => Finding::red("handle", error.to_string()),
        Ok(Domain::Ours) => Finding::green("handle", format!("{handle} is given here")),
        Ok(Domain::Other) => match handle::check_leads_to(pds, handle, did).await {
            Err(refusal) => Finding::red("handle", refusal.message()),
            Ok(()) if is_under(handle, from) => Finding::yellow(
                "handle",
                format!(
                    "{handle} is given by the old host and ends when the account closes there: \
                     choose another one here afterwards"
                ),
            ),
            Ok(()) => Finding::green("handle", format!("{handle} is your own, and stays")),
        },
    }
}

/// Tells whether a handle is under the name of a host.
pub(super) fn is_under(handle: &Handle, host: &Origin) -> bool {
    let rest = handle.as_str().strip_suffix(host.host());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Finds what another account has.
async fn taken(
    pds: &Pds,
    wish: &Wish,
    session: &SignedIn,
    handle: &Handle,
    is_new: bool,
) -> Result<Vec<Finding>, BeginError> {
    let email = wish.email.clone().or_else(|| session.email.clone());
    let code = wish.invite_code.clone();
    let needs_invite = pds.config.invite_required && is_new;
    let (did, handle) = (session.did.clone(), handle.clone());
    let findings = pds.store.read(|tx| {
        let mut findings = Vec::new();
        if needs_invite {
            let is_good = match &code {
                Some(code) => invite::check(tx, code)?,
                None => false,
            };
            findings.push(match is_good {
                true => Finding::green("invite", "the invite code is good"),
                false => Finding::red("invite", "an invite code is needed that can be used"),
            });
        }
        let is_other = |account: Option<store::Account>| account.is_some_and(|a| a.did != did);
        if is_other(tx.account_by_handle(&handle)?) {
            findings.push(Finding::red("handle", format!("{handle} is taken here")));
        }
        if let Some(email) = &email
            && is_other(tx.account_by_email(email)?)
        {
            findings.push(Finding::red("email", "another account here has the e-mail address"));
        }
        Ok::<_, account::CreateError>(findings)
    });
    findings.await.map_err(|error| BeginError::Fault(error.into()))
}
