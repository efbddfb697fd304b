//! Before a move: looking at what it would meet, and beginning it.

use identity::Origin;
use identity::plc::DidKey;
use lexicon::social::pagurus::migration::defs;
use migrate::host::{HostError, Owner, SignedIn};
use migrate::job::{Finding, Journal, Level, State, Unreadable};
use migrate::preflight;
use migrate::report::Head;
use store::{NewMove, Status};
use syntax::{AtIdentifier, Did, Handle};
use thiserror::Error;

use super::did_document::{keys_of_old_host, own_keys};
use super::job::{Job, JobError, Secrets, seal};
use super::steps::reserve;
use super::trouble::Trouble;
use super::{carry_out, orders};
use crate::account;
use crate::failure::{Fault, chain};
use crate::handle::{self, Domain};
use crate::pds::Pds;
use crate::session::Tokens;
use crate::token::Scope;
use crate::{email, invite, password};

/// The fewest bytes that have to be free on the disk before a move begins.
const FREE_BYTES_MIN: u64 = 256 << 20;

/// Where an account comes from, and what it is to be here.
pub(crate) struct Source {
    /// The old host; the one that the identity names if absent.
    pub(crate) from: Option<Origin>,
    pub(crate) identifier: AtIdentifier,
    pub(crate) password: String,
    pub(crate) factor: Option<String>,
    /// The handle that it will have; to be chosen later if absent.
    pub(crate) handle: Option<Handle>,
    pub(crate) email: Option<String>,
    pub(crate) invite_code: Option<String>,
    pub(crate) own_key: Option<DidKey>,
}

/// What was found before a move.
pub(crate) struct Plan {
    pub(crate) session: SignedIn,
    pub(crate) from: Origin,
    pub(crate) findings: Vec<Finding>,
    owner: Owner,
}

/// A move that has begun.
pub(crate) struct Started {
    pub(crate) did: Did,
    /// A session of the account here.
    pub(crate) tokens: Tokens,
}

/// Says why a move does not begin.
#[derive(Debug, Error)]
pub(crate) enum BeginError {
    /// The identity cannot be found.
    #[error("the identity cannot be found: {0}")]
    Unknown(String),
    /// The old host does not let the owner in.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The identity names another host.
    #[error("{0} is not where the identity says that the account is")]
    OtherHost(Origin),
    /// The session is another account's.
    #[error("the session is that of {0}")]
    OtherAccount(Did),
    /// Something is in the way.
    #[error("{0}")]
    NotReady(String),
    /// The move is there and cannot be read.
    #[error(transparent)]
    Job(#[from] JobError),
    /// What was entered is refused, or something broke.
    #[error("the move cannot begin")]
    Fault(Fault),
}

impl From<Fault> for BeginError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<store::Error> for BeginError {
    fn from(error: store::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// Looks at what a move here would meet. Nothing is changed.
pub(crate) async fn plan(pds: &Pds, source: &Source) -> Result<Plan, BeginError> {
    let (session, from, owner) = sign_in(pds, source).await?;
    let did = &session.did;
    let mut findings = preflight::source(&owner, &session, &pds.did, pds.clock.now_ms()).await?;
    if Journal::is_plc(did) {
        let log = pds.plc.audited_log(did).await.map_err(Fault::from)?;
        let last = log.last().operation.clone();
        let old = keys_of_old_host(&owner).await?;
        let to = likely_destination(pds, source, &session)?;
        let own = source.own_key.clone();
        let now = pds.clock.now();
        findings.extend(preflight::identity(&log, &last, &from, &old, &to, own, &now));
    } else {
        findings.push(Finding::yellow(
            "identity",
            "the identity is a did:web: you will publish its document yourself",
        ));
    }
    findings.extend(own_findings(pds, source, &session, &from).await?);
    findings.push(preflight::stays_behind());
    Ok(Plan { session, from, findings, owner })
}

/// Begins a move, or gets back to the one that has begun.
pub(crate) async fn start(
    pds: &Pds,
    source: Source,
    new_password: &str,
    delete_after_days: Option<u32>,
) -> Result<Started, BeginError> {
    password::check_new(new_password).map_err(Fault::from)?;
    let hash = pds.passwords.hash(new_password).await.map_err(Fault::from)?;
    let (session, from, _) = sign_in(pds, &source).await?;
    let secrets = Secrets::new(&session.tokens, Some(hash));
    if let Some(id) = orders::live(pds, &session.did).await? {
        // Whoever signs in at the old host is the owner; this is their second attempt.
        let tokens = come_back(pds, id, secrets).await?;
        return Ok(Started { did: session.did, tokens });
    }
    let plan = plan(pds, &source).await?;
    let secrets = Secrets::new(&plan.session.tokens, secrets.password);
    let red = plan.findings.iter().filter(|finding| finding.level == Level::Red);
    let red: Vec<&str> = red.map(|finding| &*finding.text).collect();
    if !red.is_empty() {
        return Err(BeginError::NotReady(red.join("; ")));
    }
    plan.owner.sign_out().await.ok();
    let did = session.did.clone();
    let journal = Journal {
        from,
        handle: source.handle.ok_or_else(|| BeginError::NotReady("no handle".to_owned()))?,
        email: source.email.or(session.email),
        invite_code: source.invite_code,
        own_key: source.own_key,
        delete_after_days,
        began_at_ms: pds.clock.now_ms(),
        was_here: false,
        findings: plan.findings,
        need: None,
        source: None::<Head>,
        unreadable: Unreadable::default(),
        preferences: None,
        preferences_lost: None,
        approval: None,
        switch: None,
        code_asked_at_ms: None,
        operation: None,
        switched_at_ms: None,
        undo_operation: None,
        warnings: Vec::new(),
        report: None,
    };
    let new = NewMove {
        did: did.clone(),
        state: State::Reserve.as_str().to_owned(),
        journal: serde_json::to_string(&journal).map_err(JobError::from)?,
        secrets: seal(&pds.keys.sealing, &did, &secrets),
    };
    let begun: Result<i64, store::Error> = pds.store.write(move |tx| tx.begin_move(&new)).await;
    let id = match begun {
        Ok(id) => id,
        // Another request was faster.
        Err(store::Error::Conflict(_)) => {
            let id = orders::live(pds, &did).await?;
            let id = id.ok_or_else(|| BeginError::NotReady("try again".to_owned()))?;
            let tokens = come_back(pds, id, secrets).await?;
            return Ok(Started { did, tokens });
        }
        Err(error) => return Err(error.into()),
    };
    let tokens = arrive(pds, id).await;
    carry_out(pds, id);
    Ok(Started { did, tokens: tokens? })
}

/// Makes the account, so that its owner has a session.
async fn arrive(pds: &Pds, id: i64) -> Result<Tokens, BeginError> {
    let mut job = Job::load(pds, id).await?;
    let arrival = reserve(pds, &job).await.map_err(refused)?;
    job.journal.was_here = arrival.was_here;
    if let Some(secrets) = &mut job.secrets {
        secrets.password = None;
    }
    job.state = State::Import;
    job.save(pds, Some("the account is here, deactivated")).await?;
    Ok(Tokens::new(pds, job.did(), Scope::Access, arrival.refresh_id))
}

/// Gives somebody a session whose move has begun before, with the password of this attempt.
async fn come_back(pds: &Pds, id: i64, secrets: Secrets) -> Result<Tokens, BeginError> {
    let job = Job::load(pds, id).await?;
    let password = secrets.password.clone();
    orders::order(pds, id, move |orders| {
        orders.secrets = Some(secrets);
        orders.retry = true;
    })
    .await?;
    let refresh_id = match pds.store.account(job.did()).await? {
        Some(account) => {
            let refresh_id = crate::session::new_id();
            let (account, new_id) = (account.id, refresh_id.clone());
            let write = move |tx: &mut store::Tx<'_>| {
                if let Some(password) = &password {
                    tx.set_password(account, password)?;
                }
                crate::session::begin(tx, account, &new_id, None)
            };
            pds.store.write(write).await?;
            refresh_id
        }
        // The server ended before it made the account.
        None => reserve(pds, &Job::load(pds, id).await?).await.map_err(refused)?.refresh_id,
    };
    carry_out(pds, id);
    Ok(Tokens::new(pds, job.did(), Scope::Access, refresh_id))
}

fn refused(trouble: Trouble) -> BeginError {
    use migrate::job::Need;
    BeginError::NotReady(match trouble {
        Trouble::Later { error, .. } | Trouble::Doubtful(error) => error,
        Trouble::Person(Need::Decide { message } | Need::SignIn { message }) => message,
        Trouble::Person(_) | Trouble::Cancelled => "the move waits".to_owned(),
    })
}

/// Signs in at the host that the identity names.
async fn sign_in(pds: &Pds, source: &Source) -> Result<(SignedIn, Origin, Owner), BeginError> {
    let unknown = |error: &dyn std::error::Error| BeginError::Unknown(error.to_string());
    let did = match &source.identifier {
        AtIdentifier::Did(did) => did.clone(),
        AtIdentifier::Handle(handle) => match pds.resolver.did_of(handle).await {
            Ok(did) => did,
            // Handles that only the old host knows are found by signing in there.
            Err(error) => match &source.from {
                Some(_) => return sign_in_there(pds, source, None).await,
                None => return Err(unknown(&error)),
            },
        },
    };
    sign_in_there(pds, source, Some(did)).await
}

async fn sign_in_there(
    pds: &Pds,
    source: &Source,
    did: Option<Did>,
) -> Result<(SignedIn, Origin, Owner), BeginError> {
    let from = match (&source.from, &did) {
        (Some(from), _) => from.clone(),
        (None, Some(did)) => named_host(pds, did).await?,
        (None, None) => return Err(BeginError::Unknown("nobody says where it is".to_owned())),
    };
    let host = pds.mover.host(from.clone());
    let identifier = source.identifier.to_string();
    let session = host.sign_in(&identifier, &source.password, source.factor.as_deref()).await?;
    if did.is_some_and(|did| did != session.did) {
        return Err(BeginError::OtherAccount(session.did));
    }
    if named_host(pds, &session.did).await? != from {
        return Err(BeginError::OtherHost(from));
    }
    let owner = Owner::new(host, session.did.clone(), session.tokens.clone());
    Ok((session, from, owner))
}

/// Returns the host that an identity names.
async fn named_host(pds: &Pds, did: &Did) -> Result<Origin, BeginError> {
    let document = pds.resolver.document_anew(did).await;
    let document = document.map_err(|error| BeginError::Unknown(chain(&error)))?;
    let service = document.service(identity::document::PDS_SERVICE);
    let origin = service.and_then(|service| Origin::parse(&service.endpoint).ok());
    origin.ok_or_else(|| BeginError::Unknown("it names no host of accounts".to_owned()))
}

/// Returns where the account would go: with a key that stands for the one that it will get.
fn likely_destination(
    pds: &Pds,
    source: &Source,
    session: &SignedIn,
) -> Result<migrate::switch::Destination, BeginError> {
    let handle = source.handle.clone().or_else(|| session.handle.clone());
    Ok(migrate::switch::Destination {
        host: pds.url.clone(),
        handle: handle.ok_or_else(|| BeginError::NotReady("no handle was chosen".to_owned()))?,
        signing_key: pds.keys.rotation.public_key(),
        rotation_keys: own_keys(pds),
    })
}

/// Looks at what this server has to say.
async fn own_findings(
    pds: &Pds,
    source: &Source,
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
    if let Some(handle) = &source.handle {
        findings.push(handle_finding(pds, did, handle, from).await);
        findings.extend(taken(pds, source, session, handle, is_new).await?);
    }
    let email = source.email.as_deref().or(session.email.as_deref());
    if let Err(refusal) = email::check(email) {
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

fn is_under(handle: &Handle, host: &Origin) -> bool {
    let rest = handle.as_str().strip_suffix(host.host());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Finds what another account has.
async fn taken(
    pds: &Pds,
    source: &Source,
    session: &SignedIn,
    handle: &Handle,
    is_new: bool,
) -> Result<Vec<Finding>, BeginError> {
    let email = source.email.clone().or_else(|| session.email.clone());
    let code = source.invite_code.clone();
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

/// Shows what was found.
pub(crate) fn finding(finding: &Finding) -> defs::Finding {
    let level = match finding.level {
        Level::Green => "green",
        Level::Yellow => "yellow",
        Level::Red => "red",
    };
    defs::Finding {
        level: level.to_owned(),
        about: finding.about.clone(),
        text: finding.text.clone(),
    }
}
