//! What those who move are told when something is refused.

use http::StatusCode;
use migrate::host::HostError;
use store::MoveJob;
use syntax::Did;

use crate::failure::{Fault, Refusal, chain};
use crate::mover::{self, BeginError, JobError, OrderError};
use crate::pds::Pds;

/// Returns the move of an account as its owner sees it.
pub(super) async fn shown(
    pds: &Pds,
    did: &Did,
) -> Result<lexicon::social::pagurus::migration::defs::Job, Fault> {
    let row: MoveJob = mover::current(pds, did).await?;
    Ok(mover::shown(mover::seen(pds, row).await?))
}

/// Says what the old host has said.
fn host(error: &HostError) -> Fault {
    match error {
        HostError::FactorNeeded => named("AuthFactorTokenRequired", chain(error)),
        HostError::Refused { status: 401, .. } => {
            let message = format!("the old host does not let you in: {}", chain(error));
            Refusal::unauthenticated(message).into()
        }
        HostError::Refused { .. } => Refusal::invalid_request(chain(error)).into(),
        _ => Refusal::of_status(StatusCode::BAD_GATEWAY, chain(error)).into(),
    }
}

fn named(name: &'static str, message: String) -> Fault {
    Refusal::new(StatusCode::BAD_REQUEST, name, message).into()
}

impl From<JobError> for Fault {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Store(error) => error.into(),
            error => Self::Internal(error.into()),
        }
    }
}

impl From<BeginError> for Fault {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Host(error) => host(&error),
            BeginError::Job(error) => error.into(),
            BeginError::Fault(fault) => fault,
            error @ (BeginError::NotReady(_) | BeginError::Red(_)) => {
                named("NotReady", error.to_string())
            }
            error => Refusal::invalid_request(error.to_string()).into(),
        }
    }
}

impl From<OrderError> for Fault {
    fn from(error: OrderError) -> Self {
        let message = error.to_string();
        match error {
            OrderError::Host(error) => host(&error),
            OrderError::Job(error) => error.into(),
            OrderError::Store(error) => error.into(),
            OrderError::Plc(error) => error.into(),
            OrderError::NotFound => named("MoveNotFound", message),
            OrderError::NotWanted(_) => named("NotWanted", message),
            OrderError::NotAgreed(_) => named("NotAgreed", message),
            OrderError::Switch(_) => named("BadOperation", message),
            OrderError::OtherAccount(_) => Refusal::invalid_request(message).into(),
        }
    }
}
