//! Keys that can change the identity, and one of the owner's own among them.

use axum::body::Body;
use axum::extract::State;
use crypto::PublicKey;
use http::{Request, Response};
use identity::plc::{DidKey, LimitError, State as PlcState};
use identity::resolve::PlcError;
use pages::account::{KeyHolder, KeyStep, RecoveryKey, RotationKey};
use pages::{Input, Problem, Problems, path};
use store::Purpose;

use super::done::{self, Done};
use super::{Own, act_on, agree_problem, frame, look_at, plc_problem, shown, wrong_code};
use crate::did_plc::{self, Holder, SignError, Standing, SubmitError};
use crate::email;
use crate::failure::Fault;
use crate::pds::Pds;
use crate::rate;
use crate::web::visit::{Outcome, Stop, Visit, see};

/// What a link to the page calls the step of it where a key is added.
const ADD: &str = "add";
const SUBJECT: &str = "Key Added";

/// Returns how many keys of the owner's can change the identity.
///
/// # Errors
///
/// [`PlcError`] if the directory does not say.
pub(super) async fn count_own(visit: &Visit, own: &Own) -> Result<u64, PlcError> {
    let keys = keys(visit, own).await?;
    let count = keys.iter().filter(|(_, holder)| *holder == Holder::Owner).count();
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}

async fn keys(visit: &Visit, own: &Own) -> Result<Vec<(DidKey, Holder)>, PlcError> {
    match own.is_plc() {
        true => did_plc::keys(&visit.pds, &own.account.did).await,
        false => Ok(Vec::new()),
    }
}

/// `GET …/recovery-key`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| {
        let is_adding = visit.query("step").as_deref() == Some(ADD);
        let step = if is_adding { KeyStep::Add } else { KeyStep::Look };
        show(visit, own, step, Vec::new()).await
    })
    .await
}

/// `POST …/recovery-key/send`: mails a code that lets a key be added.
pub(super) async fn send(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        if !own.is_plc() {
            return see(&own.at(path::KEY));
        }
        if own.account.email.is_none() {
            return show(visit, own, KeyStep::Look, vec![Problem::EmailNotConfirmed]).await;
        }
        own.take(visit, &rate::REQUEST_PLC_OPERATION)?;
        email::send_token(&visit.pds, &own.account, Purpose::PlcOperation).await?;
        Done::CodeSent.lead_with(visit, own, path::KEY, Some(ADD), "")
    })
    .await
}

/// `POST …/recovery-key`: adds a key above the server's, and below those of the owner that there are:
/// whoever adds one without being the owner can be stopped with these.
pub(super) async fn add(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        if !own.is_plc() {
            return see(&own.at(path::KEY));
        }
        own.take_guess(visit)?;
        let mut problems = Vec::new();
        let key = match visit.field("key").trim() {
            "" => Err(Problem::Missing(Input::Key)),
            text => PublicKey::from_did_key(text).map_err(|_| Problem::KeySyntax),
        };
        problems.extend(key.as_ref().err().copied());
        problems.extend(own.code_problem(visit, Purpose::PlcOperation).await?);
        problems.extend(agree_problem(visit));
        let Some(key) = key.ok().filter(|_| problems.is_empty()) else {
            return show(visit, own, KeyStep::Add, problems).await;
        };
        match add_key(visit, own, &DidKey::from(&key)).await {
            Ok(()) => Done::KeyAdded.lead(visit, own, path::KEY),
            Err(NotAdded::Problem(problem)) => show(visit, own, KeyStep::Add, vec![problem]).await,
            Err(NotAdded::Plc(error)) => {
                let problem = plc_problem(&visit.pds, &error);
                show(visit, own, KeyStep::Add, vec![problem]).await
            }
            Err(NotAdded::Stop(stop)) => Err(stop),
        }
    })
    .await
}

/// Why a key is not added.
enum NotAdded {
    /// Something is wrong with the form.
    Problem(Problem<'static>),
    /// The directory does not do it.
    Plc(PlcError),
    /// Something else.
    Stop(Stop),
}

impl From<Fault> for NotAdded {
    fn from(fault: Fault) -> Self {
        Self::Stop(fault.into())
    }
}

impl From<store::Error> for NotAdded {
    fn from(error: store::Error) -> Self {
        Self::Stop(error.into())
    }
}

async fn add_key(visit: &Visit, own: &Own, key: &DidKey) -> Result<(), NotAdded> {
    let (pds, account) = (&visit.pds, &own.account);
    let signed = match Standing::of(pds, &account.did).await {
        Ok(standing) if standing.state().rotation_keys.contains(key) => {
            return Err(NotAdded::Problem(Problem::KeyThere));
        }
        Ok(standing) => standing.sign(pds, with_key(pds, standing.state().clone(), key)),
        Err(error) => Err(error),
    };
    let operation = match signed {
        Ok(operation) => operation,
        Err(SignError::Plc(error)) => return Err(NotAdded::Plc(error)),
        Err(SignError::Limit(LimitError::RotationKeys)) => {
            return Err(NotAdded::Problem(Problem::KeysFull));
        }
        Err(error) => return Err(Fault::from(error).into()),
    };
    let (purpose, code) = (Purpose::PlcOperation, visit.field("code").to_owned());
    let spent = email::spend_token(pds, account, purpose, code).await;
    if let Some(problem) = wrong_code(spent).map_err(NotAdded::Stop)? {
        return Err(NotAdded::Problem(problem));
    }
    match did_plc::submit_for(pds, account, operation).await {
        Ok(()) => {}
        Err(SubmitError::Plc(error)) => return Err(NotAdded::Plc(error)),
        Err(error) => return Err(Fault::from(error).into()),
    }
    let text = format!(
        "A key can change the identity of your account now, and with that move it away:\n\n    \
         {}\n\nFor 72 hours a key that stands above it can take that back.",
        key.as_str(),
    );
    let (owned, account) = (pds.clone(), account.clone());
    let told = pds.store.write(move |tx| email::tell(&owned, tx, &account, SUBJECT, &text));
    Ok(told.await?)
}

/// Returns the state with a key right above the highest of the server's.
fn with_key(pds: &Pds, mut state: PlcState, key: &DidKey) -> PlcState {
    let own = did_plc::own_keys(pds);
    let first = state.rotation_keys.iter().position(|key| own.contains(key));
    state.rotation_keys.insert(first.unwrap_or(0), key.clone());
    state
}

async fn show(visit: &Visit, own: &Own, step: KeyStep, mut problems: Vec<Problem<'_>>) -> Outcome {
    let found = keys(visit, own).await;
    let keys = match &found {
        Ok(keys) => keys.as_slice(),
        Err(error) => {
            problems.push(plc_problem(&visit.pds, error));
            &[]
        }
    };
    let keys: Vec<RotationKey<'_>> = keys
        .iter()
        .map(|(key, holder)| RotationKey {
            key: key.as_str().into(),
            holder: match holder {
                Holder::Server => KeyHolder::Server,
                Holder::Owner => KeyHolder::Owner,
                Holder::Unknown => KeyHolder::Unknown,
            },
        })
        .collect();
    let problems = Problems(&problems);
    let told = done::told(visit);
    let view = RecoveryKey {
        frame: frame(visit),
        owner: own.owner(),
        is_plc: own.is_plc(),
        keys: &keys,
        step,
        key: visit.field("key").into(),
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}
