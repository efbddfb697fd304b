//! Before a move: looking at what it would meet, and beginning it.

use std::time::Duration;

use identity::Origin;
use identity::plc::{DidKey, is_plc};
use migrate::host::{HostError, Owner, SignedIn};
use migrate::job::{Finding, Journal, Level, State};
use migrate::preflight;
use store::NewMove;
use syntax::{AtIdentifier, Did, Handle};
use thiserror::Error;
use tokio::time::sleep;

use super::did_document::keys_of_old_host;
use super::findings::own_findings;
use super::job::{Job, JobError, Secrets, end_session, seal};
use super::{carry_out, orders};
use crate::failure::{Fault, chain};
use crate::pds::Pds;
use crate::session::Tokens;
use crate::token::Scope;
use crate::{did_plc, password};

/// How often it is looked whether an account has been made.
const LOOK: Duration = Duration::from_millis(20);

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
}

/// A session at the old host.
struct Visit {
    session: SignedIn,
    from: Origin,
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
    let visit = sign_in(pds, source).await?;
    let findings = look(pds, source, &visit).await;
    end_session(&visit.owner).await;
    Ok(Plan { findings: findings?, session: visit.session, from: visit.from })
}

/// Looks around at both hosts.
async fn look(pds: &Pds, source: &Source, visit: &Visit) -> Result<Vec<Finding>, BeginError> {
    let Visit { session, from, owner } = visit;
    let did = &session.did;
    let mut findings = preflight::source(owner, session, &pds.did, pds.clock.now_ms()).await?;
    if is_plc(did) {
        let log = pds.plc.audited_log(did).await.map_err(Fault::from)?;
        let last = log.last().operation.clone();
        let old = keys_of_old_host(owner).await?;
        let to = likely_destination(pds, source, session)?;
        let own = source.own_key.clone();
        let now = pds.clock.now();
        findings.extend(preflight::identity(&log, &last, from, &old, &to, own, &now));
    } else {
        findings.push(Finding::yellow(
            "identity",
            "the identity is a did:web: you will publish its document yourself",
        ));
    }
    findings.extend(own_findings(pds, source, session, from).await?);
    findings.push(preflight::stays_behind());
    Ok(findings)
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
    // Once: a code that the old host has mailed for it is good for one session.
    let visit = sign_in(pds, &source).await?;
    let did = visit.session.did.clone();
    let id = match begun_before(pds, &did).await? {
        // Whoever signs in at the old host is the owner; this is their second attempt.
        Some(id) => come_back(pds, id, Secrets::new(&visit.session.tokens, Some(&hash))).await?,
        None => match begin(pds, source, &visit, &hash, delete_after_days).await {
            Ok(id) => id,
            Err(error) => {
                end_session(&visit.owner).await;
                return Err(error);
            }
        },
    };
    let tokens = arrive(pds, id, &did, hash).await?;
    Ok(Started { did, tokens })
}

/// Returns the move of an account that has not ended. One that could not even make the account as it
/// was told to does not count: whoever asks again may want another handle.
async fn begun_before(pds: &Pds, did: &Did) -> Result<Option<i64>, BeginError> {
    let Some(id) = orders::live(pds, did).await? else { return Ok(None) };
    let mut job = Job::load(pds, id).await?;
    if job.state != State::Reserve || job.journal.need.is_none() {
        return Ok(Some(id));
    }
    job.state = State::Cancelled;
    job.secrets = None;
    job.save(pds, Some("it is begun anew")).await?;
    // It waits for a person, and ends when it looks again.
    carry_out(pds, id);
    Ok(None)
}

/// Writes down that a move begins, if nothing is in its way, and returns its number.
async fn begin(
    pds: &Pds,
    source: Source,
    visit: &Visit,
    hash: &str,
    delete_after_days: Option<u32>,
) -> Result<i64, BeginError> {
    let findings = look(pds, &source, visit).await?;
    let red = findings.iter().filter(|finding| finding.level == Level::Red);
    let red: Vec<&str> = red.map(|finding| &*finding.text).collect();
    if !red.is_empty() {
        return Err(BeginError::NotReady(red.join("; ")));
    }
    let did = visit.session.did.clone();
    let secrets = Secrets::new(&visit.owner.tokens().await, Some(hash));
    let handle = source.handle.ok_or_else(|| BeginError::NotReady("no handle".to_owned()))?;
    let journal = Journal {
        email: source.email.or(visit.session.email.clone()),
        invite_code: source.invite_code,
        own_key: source.own_key,
        delete_after_days,
        // Known now only: later it may be here because of this move.
        was_here: pds.store.account(&did).await?.is_some(),
        findings,
        ..Journal::new(visit.from.clone(), handle, pds.clock.now_ms())
    };
    let new = NewMove {
        did: did.clone(),
        state: State::Reserve.as_str().to_owned(),
        journal: serde_json::to_string(&journal).map_err(JobError::from)?,
        secrets: seal(&pds.keys.sealing, &did, &secrets),
    };
    let begun: Result<i64, store::Error> = pds.store.write(move |tx| tx.begin_move(&new)).await;
    match begun {
        Ok(id) => {
            carry_out(pds, id);
            Ok(id)
        }
        // Another request was faster.
        Err(store::Error::Conflict(_)) => {
            let id = orders::live(pds, &did).await?;
            let id = id.ok_or_else(|| BeginError::NotReady("try again".to_owned()))?;
            come_back(pds, id, secrets).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Gives a move that has begun before the session and the password of another attempt.
async fn come_back(pds: &Pds, id: i64, secrets: Secrets) -> Result<i64, BeginError> {
    orders::order(pds, id, move |orders| {
        orders.secrets = Some(secrets);
        orders.retry = true;
    })
    .await?;
    Ok(id)
}

/// Waits until the account is here, and gives its owner a session. The password is that of the last
/// attempt.
async fn arrive(pds: &Pds, id: i64, did: &Did, hash: String) -> Result<Tokens, BeginError> {
    loop {
        let job = Job::load(pds, id).await?;
        if job.state != State::Reserve {
            break;
        }
        // What went wrong before this attempt is not what comes of it.
        let is_looked_at = job.row.orders.is_none();
        if let Some(error) = job.trouble().filter(|_| is_looked_at) {
            return Err(BeginError::NotReady(error));
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = pds.tasks.stopping() => {
                return Err(BeginError::NotReady("the server stops: try again".to_owned()));
            }
        }
    }
    let account = pds.store.account(did).await?;
    let account = account.ok_or_else(|| BeginError::NotReady("it was cancelled".to_owned()))?.id;
    let refresh_id = crate::session::new_id();
    let new_id = refresh_id.clone();
    let write = move |tx: &mut store::Tx<'_>| {
        tx.set_password(account, &hash)?;
        crate::session::begin(tx, account, &new_id, None)
    };
    pds.store.write(write).await?;
    Ok(Tokens::new(pds, did, Scope::Access, refresh_id))
}

/// Signs in at the host that the identity names.
async fn sign_in(pds: &Pds, source: &Source) -> Result<Visit, BeginError> {
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

async fn sign_in_there(pds: &Pds, source: &Source, did: Option<Did>) -> Result<Visit, BeginError> {
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
    Ok(Visit { session, from, owner })
}

/// Returns the host that an identity names.
async fn named_host(pds: &Pds, did: &Did) -> Result<Origin, BeginError> {
    let document = pds.resolver.document_anew(did).await;
    let document = document.map_err(|error| BeginError::Unknown(chain(&error)))?;
    document
        .pds_endpoint()
        .ok_or_else(|| BeginError::Unknown("it names no host of accounts".to_owned()))
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
        rotation_keys: did_plc::own_keys(pds),
    })
}
