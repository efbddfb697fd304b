//! Before a move: looking at what it would meet, and beginning it.

use std::sync::Arc;
use std::time::Duration;

use identity::Origin;
use identity::plc::{DidKey, is_plc};
use migrate::host::{HostError, SignedIn};
use migrate::job::{Finding, Journal, Level, State};
use migrate::preflight;
use store::{Account, AccountId, NewMove, Status};
use syntax::{Did, Handle};
use thiserror::Error;
use tokio::time::sleep;

use super::arrival::{Arrival, Door};
use super::did_document::keys_of_old_host;
use super::findings::own_findings;
use super::job::{Job, JobError, Secrets, seal};
use super::{carry_out, orders};
use crate::failure::Fault;
use crate::pds::Pds;
use crate::session::Tokens;
use crate::token::Scope;
use crate::{did_plc, password};

/// How often it is looked whether an account has been made.
const LOOK: Duration = Duration::from_millis(20);

/// What an account is to be here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// The handle that it will have; to be chosen later if absent.
    pub(crate) handle: Option<Handle>,
    /// Its e-mail address; the one that it has at the old host if absent.
    pub(crate) email: Option<String>,
    /// The code that invites it.
    pub(crate) invite_code: Option<String>,
    /// A new key of the owner's, to be added to those that they have.
    pub(crate) own_key: Option<DidKey>,
    /// After how many days the account is to be deleted at the old host, if at all.
    pub(crate) delete_after_days: Option<u32>,
}

/// What was found before a move.
pub(crate) struct Plan {
    pub(crate) session: SignedIn,
    pub(crate) from: Origin,
    pub(crate) findings: Vec<Finding>,
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
    /// Things were found that are in the way.
    #[error("{}", list(.0))]
    Red(Vec<Finding>),
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

fn list(findings: &[Finding]) -> String {
    let texts: Vec<&str> = findings.iter().map(|finding| &*finding.text).collect();
    texts.join("; ")
}

/// Looks at what a move here would meet. Nothing is changed.
pub(crate) async fn plan(pds: &Pds, door: &Door, wish: &Wish) -> Result<Plan, BeginError> {
    let arrival = Arrival::sign_in(pds, door).await?;
    let findings = look(pds, wish, &arrival).await;
    arrival.sign_out().await;
    Ok(Plan { findings: findings?, session: arrival.session, from: arrival.from })
}

/// Looks around at both hosts.
pub(crate) async fn look(
    pds: &Pds,
    wish: &Wish,
    arrival: &Arrival,
) -> Result<Vec<Finding>, BeginError> {
    let Arrival { session, from, owner } = arrival;
    let did = &session.did;
    let mut findings = preflight::source(owner, session, &pds.did, pds.clock.now_ms()).await?;
    if is_plc(did) {
        let log = pds.plc.audited_log(did).await.map_err(Fault::from)?;
        let last = log.last().operation.clone();
        let old = keys_of_old_host(owner).await?;
        let to = likely_destination(pds, wish, session)?;
        let own = wish.own_key.clone();
        let now = pds.clock.now();
        findings.extend(preflight::identity(&log, &last, from, &old, &to, own, &now));
    } else {
        findings.push(Finding::yellow(
            "identity",
            "the identity is a did:web: you will publish its document yourself",
        ));
    }
    findings.extend(own_findings(pds, wish, session, from).await?);
    findings.push(preflight::stays_behind());
    Ok(findings)
}

/// Begins a move, or gets back to the one that has begun.
pub(crate) async fn start(
    pds: &Pds,
    door: &Door,
    wish: Wish,
    new_password: &str,
) -> Result<Started, BeginError> {
    let hash = hash(pds, new_password).await?;
    // Once: a code that the old host has mailed for it is good for one session.
    let arrival = Arrival::sign_in(pds, door).await?;
    let id = match begin_or_come_back(pds, wish, &arrival, &hash).await {
        Ok(id) => id,
        Err(error) => {
            arrival.sign_out().await;
            return Err(error);
        }
    };
    let did = arrival.session.did;
    let account = wait_for_account(pds, id, &did).await?;
    let refresh_id = crate::session::new_id();
    let new_id = refresh_id.clone();
    let write = move |tx: &mut store::Tx<'_>| {
        set_password(tx, account, &hash)?;
        Ok::<_, BeginError>(crate::session::begin(tx, account, &new_id, None)?)
    };
    pds.store.write(write).await?;
    let tokens = Tokens::new(pds, &did, Scope::Access, refresh_id);
    Ok(Started { did, tokens })
}

/// Begins the move of somebody who has signed in at the old host, or gets back to the one that has
/// begun. Returns the account here.
pub(crate) async fn settle(
    pds: &Pds,
    wish: Wish,
    arrival: &Arrival,
    new_password: &str,
) -> Result<Arc<Account>, BeginError> {
    let hash = hash(pds, new_password).await?;
    let id = begin_or_come_back(pds, wish, arrival, &hash).await?;
    let did = &arrival.session.did;
    let account = wait_for_account(pds, id, did).await?;
    pds.store.write(move |tx| set_password(tx, account, &hash)).await?;
    Ok(pds.store.account(did).await?.ok_or(store::Error::Missing)?)
}

/// Goes on with the move of somebody who has signed in at the old host, if one has begun before and the
/// account is not open here yet. Returns the account here.
pub(crate) async fn go_on(
    pds: &Pds,
    arrival: &Arrival,
) -> Result<Option<Arc<Account>>, BeginError> {
    let did = &arrival.session.did;
    let Some(id) = begun_before(pds, did).await? else { return Ok(None) };
    wait_for_account(pds, id, did).await?;
    let account = pds.store.account(did).await?;
    let account = account.filter(|account| account.state.status() == Status::Deactivated);
    if account.is_some() {
        come_back(pds, id, Secrets::new(&arrival.owner.session().await, None)).await?;
    }
    Ok(account)
}

/// Gives the account the password that its owner wants here. Once it is open, who has the password of the
/// old host has no say here any more.
fn set_password(tx: &mut store::Tx<'_>, account: AccountId, hash: &str) -> Result<(), BeginError> {
    if tx.account_by_id(account)?.state.status() != Status::Deactivated {
        let message = "the account is open here: sign in with its own password".to_owned();
        return Err(BeginError::NotReady(message));
    }
    Ok(tx.set_password(account, hash)?)
}

async fn hash(pds: &Pds, new_password: &str) -> Result<String, BeginError> {
    password::check_new(new_password).map_err(Fault::from)?;
    Ok(pds.passwords.hash(new_password).await.map_err(Fault::from)?)
}

/// Returns the number of the move.
async fn begin_or_come_back(
    pds: &Pds,
    wish: Wish,
    arrival: &Arrival,
    hash: &str,
) -> Result<i64, BeginError> {
    match begun_before(pds, &arrival.session.did).await? {
        // Whoever signs in at the old host is the owner; this is their second attempt.
        Some(id) => {
            come_back(pds, id, Secrets::new(&arrival.owner.session().await, Some(hash))).await
        }
        None => begin(pds, wish, arrival, hash).await,
    }
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
async fn begin(pds: &Pds, wish: Wish, arrival: &Arrival, hash: &str) -> Result<i64, BeginError> {
    let findings = look(pds, &wish, arrival).await?;
    let red = findings.iter().filter(|finding| finding.level == Level::Red);
    let red: Vec<Finding> = red.cloned().collect();
    if !red.is_empty() {
        return Err(BeginError::Red(red));
    }
    let did = arrival.session.did.clone();
    let secrets = Secrets::new(&arrival.owner.session().await, Some(hash));
    let handle = wish.handle.ok_or_else(|| BeginError::NotReady("no handle".to_owned()))?;
    let journal = Journal {
        email: wish.email.or(arrival.session.email.clone()),
        invite_code: wish.invite_code,
        own_key: wish.own_key,
        delete_after_days: wish.delete_after_days,
        // Known now only: later it may be here because of this move.
        was_here: pds.store.account(&did).await?.is_some(),
        findings,
        is_let_in: arrival.owner.is_let_in().await,
        ..Journal::new(arrival.from.clone(), handle, pds.clock.now_ms())
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

/// Waits until the account is here, and returns it.
async fn wait_for_account(pds: &Pds, id: i64, did: &Did) -> Result<AccountId, BeginError> {
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
    Ok(account.ok_or_else(|| BeginError::NotReady("it was cancelled".to_owned()))?.id)
}

/// Returns where the account would go: with a key that stands for the one that it will get.
fn likely_destination(
    pds: &Pds,
    wish: &Wish,
    session: &SignedIn,
) -> Result<migrate::switch::Destination, BeginError> {
    let handle = wish.handle.clone().or_else(|| session.handle.clone());
    Ok(migrate::switch::Destination {
        host: pds.url.clone(),
        handle: handle.ok_or_else(|| BeginError::NotReady("no handle was chosen".to_owned()))?,
        signing_key: pds.keys.rotation.public_key(),
        rotation_keys: did_plc::own_keys(pds),
    })
}
