//! Screen two for somebody who has signed in at the old host: what was found, and beginning the move.

use axum::body::Body;
use axum::extract::State;
use crypto::PublicKey;
use http::{Method, Request, Response};
use identity::plc::{DidKey, is_plc};
use migrate::job::{Finding, Level};
use pages::moving::{BeginForm, Found, FoundStep, Mover};
use pages::{Input, Problem, Problems, path};
use syntax::Handle;

use super::arriving::{self, Entered, Origins, host_name};
use super::{Refused, count, link};
use crate::failure::Fault;
use crate::handle;
use crate::mover::{self, Arrival, BeginError, Waiting, Wish};
use crate::password;
use crate::pds::Pds;
use crate::web::browser::Stay;
use crate::web::entry::{self, PASSWORD_CHARS_MIN};
use crate::web::visit::{Outcome, Visit, act, again, page, see};

/// `POST /move/begin`: makes the account here, and begins to fetch what is its.
pub(super) async fn begin(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let did = visit.field("did").to_owned();
        let found = arriving::waiting(visit);
        let found = found.filter(|(_, waiting)| waiting.arrival.session.did.as_str() == did);
        let Some((ticket, waiting)) = found else {
            // It is too long ago, or the server was started again: the old host is asked once more.
            return match syntax::Did::parse(&did) {
                Ok(did) => see(&link(path::FOUND, &did)),
                Err(_) => see(path::MOVE),
            };
        };
        let wish = match wish(visit, &waiting) {
            Ok(wish) => wish,
            Err(problems) => return page_of(visit, &waiting, &waiting.findings, &problems),
        };
        count(visit)?;
        let pds = visit.pds.clone();
        let password = visit.field("new_password").to_owned();
        let account = match mover::settle(&pds, wish, &waiting.arrival, &password).await {
            Ok(account) => account,
            Err(error) => return refused(visit, &waiting, error).await,
        };
        pds.mover.arrivals.remove(&ticket);
        visit.browser.sign_in(&pds, &visit.head, account.id, Stay::Remembered).await?;
        visit.renew();
        see(&link(path::PROGRESS, &waiting.arrival.session.did))
    })
    .await
}

/// Reads what the owner wants.
fn wish(visit: &Visit, waiting: &Waiting) -> Result<Wish, Vec<Problem<'static>>> {
    let text = |name: &str| Some(visit.field(name).trim()).filter(|text| !text.is_empty());
    let mut problems = Vec::new();
    let kept = waiting.keeps.clone().filter(|_| visit.field("keep") != "no");
    let handle = match (kept, text("handle")) {
        (Some(kept), _) => Some(kept),
        (None, None) => {
            problems.push(Problem::Missing(Input::Handle));
            None
        }
        (None, Some(name)) => new_handle(visit, name).map_err(|wrong| problems.push(wrong)).ok(),
    };
    let email = text("email").map(str::to_owned);
    if email.is_none() {
        problems.push(Problem::Missing(Input::Email));
    }
    let password = visit.field("new_password");
    if password.is_empty() {
        problems.push(Problem::Missing(Input::NewPassword));
    } else if password.chars().count() < PASSWORD_CHARS_MIN {
        problems.push(Problem::PasswordTooShort);
    } else if password::check_new(password).is_err() {
        problems.push(Problem::PasswordTooLong);
    }
    let key = text("key");
    if key.is_some_and(|key| PublicKey::from_did_key(key).is_err()) {
        problems.push(Problem::KeySyntax);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Wish {
        handle,
        email,
        invite_code: text("invite_code").map(str::to_owned),
        own_key: key.map(|key| DidKey::new(key.to_owned())),
        delete_after_days: text("delete_after_days").and_then(|days| days.parse().ok()),
    })
}

/// Reads a name under one of the domains here.
fn new_handle(visit: &Visit, name: &str) -> Result<Handle, Problem<'static>> {
    let domain = visit.field("domain");
    let is_ours = visit.pds.handle_domains.iter().any(|ours| ours == domain);
    let handle = Handle::parse(&format!("{name}{domain}").to_lowercase());
    let (Ok(handle), true) = (handle, is_ours) else { return Err(Problem::HandleSyntax) };
    match handle::check(&visit.pds, &handle) {
        Ok(_) => Ok(handle),
        Err(error) => Err(entry::handle_problem(&error)),
    }
}

/// Shows why a move has not begun.
async fn refused(visit: &Visit, waiting: &Waiting, error: BeginError) -> Outcome {
    let found = |finding: Finding| {
        let mut findings = waiting.findings.clone();
        findings.push(finding);
        findings
    };
    match error {
        BeginError::Red(red) => {
            let problems: Vec<Problem<'_>> =
                red.iter().filter_map(|finding| problem(visit, waiting, finding)).collect();
            let others = red.into_iter().filter(|one| problem(visit, waiting, one).is_none());
            let mut findings = waiting.findings.clone();
            findings.extend(others);
            page_of(visit, waiting, &findings, &problems)
        }
        BeginError::NotReady(text) => {
            let findings = found(Finding::yellow("begin", text.clone()));
            page_of(visit, waiting, &findings, &[Problem::Broken])
        }
        BeginError::Host(error) => {
            let refused = Refused::of(&error, false);
            let origins = Origins::of(&visit.pds, &waiting.arrival.session.did).await;
            match origins {
                // The session is over, or the host does not answer: they sign in there once more.
                Ok(origins) => {
                    arriving::sign_in_page(visit, &origins, Some(&Entered::Refused(refused))).await
                }
                Err(_) => see(path::MOVE),
            }
        }
        BeginError::Fault(fault) => Err(fault.into()),
        BeginError::Job(error) => Err(Fault::from(error).into()),
        error @ (BeginError::Unknown(_)
        | BeginError::OtherHost(_)
        | BeginError::OtherAccount(_)) => {
            page_of(visit, waiting, &found(Finding::red("identity", error.to_string())), &[])
        }
    }
}

/// Returns what is wrong with the form, if that is what is in the way.
fn problem(visit: &Visit, waiting: &Waiting, finding: &Finding) -> Option<Problem<'static>> {
    let is_kept = waiting.keeps.is_some() && visit.field("keep") != "no";
    let email = visit.field("email").trim();
    match finding.about.as_str() {
        "handle" if is_kept => Some(Problem::HandleLeadsNowhere),
        "handle" => Some(Problem::HandleTaken),
        "email" if crate::email::check(Some(email)).is_err() => Some(Problem::EmailSyntax),
        "email" => Some(Problem::EmailTaken),
        "invite" if visit.field("invite_code").trim().is_empty() => Some(Problem::InviteNeeded),
        "invite" => Some(Problem::InviteWrong),
        _ => None,
    }
}

/// Returns the name and the domain of a handle here that is like the one at the old host.
pub(super) fn suggested(visit: &Visit, arrival: &Arrival) -> (String, String) {
    let handle = arrival.session.handle.as_ref().map_or("", Handle::as_str);
    let name = handle.split('.').next().unwrap_or_default();
    let domain = visit.pds.handle_domains.first().map_or("", String::as_str);
    (name.to_owned(), domain.to_owned())
}

/// Shows what was found, and the form that begins the move if nothing is in its way.
pub(super) fn page_of(
    visit: &Visit,
    waiting: &Waiting,
    findings: &[Finding],
    problems: &[Problem<'_>],
) -> Outcome {
    let Arrival { session, from, .. } = &waiting.arrival;
    let (from, to) = (host_name(from), host_name(&visit.pds.url));
    let name = session.handle.as_ref().map_or(session.did.as_str(), Handle::as_str);
    let (label, first) = suggested(visit, &waiting.arrival);
    let or = |typed: &'_ str, other: &'_ str| -> String {
        if typed.is_empty() { other.to_owned() } else { typed.to_owned() }
    };
    let handle = or(visit.field("handle"), &label);
    let email = or(visit.field("email"), session.email.as_deref().unwrap_or_default());
    let domains = &visit.pds.handle_domains;
    let domain = domains.iter().find(|domain| *domain == visit.field("domain"));
    let is_stuck = findings.iter().any(|finding| finding.level == Level::Red);
    let is_new = !findings.iter().any(|finding| finding.about == "here");
    let shown: Vec<_> = findings.iter().map(arriving::shown).collect();
    let step = match is_stuck {
        true => FoundStep::Stuck,
        false => FoundStep::Begin(BeginForm {
            keeps: waiting.keeps.as_ref().map(|handle| handle.as_str().into()),
            is_kept: visit.field("keep") != "no",
            handle: (&handle).into(),
            domains,
            domain: domain.map_or(&first, |domain| domain),
            email: (&email).into(),
            needs_invite: visit.pds.config.invite_required && is_new,
            invite_code: visit.field("invite_code").into(),
            key: visit.field("key").into(),
            may_add_key: is_plc(&session.did),
        }),
    };
    let view = Found {
        frame: visit.frame(visit.here().filter(|_| visit.head.method == Method::GET)),
        mover: Mover {
            handle: name.into(),
            did: session.did.as_str().into(),
            from: (&from).into(),
            to: (&to).into(),
        },
        findings: &shown,
        sizes: None,
        step,
        problems: Problems(problems),
    };
    if problems.is_empty() { page(&view) } else { again(&view) }
}
