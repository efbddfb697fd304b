//! Changes of an identity that its owner asks this server to sign.

use identity::plc::{Content, DidKey, LimitError, Operation, State};
use identity::resolve::PlcError;
use syntax::Did;
use thiserror::Error;

use crate::failure::{Fault, Refusal};
use crate::pds::Pds;

/// Says why a change is not signed.
#[derive(Debug, Error)]
pub(crate) enum SignError {
    /// The directory does not say what there is.
    #[error(transparent)]
    Plc(#[from] PlcError),
    /// The identity has ended.
    #[error("Did is tombstoned")]
    Ended,
    /// This server may not change the identity.
    #[error("Rotation keys do not include server's rotation key")]
    NotOurs,
    /// No directory would take such a state.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// An identity as it is now, which this server may change.
pub(crate) struct Standing {
    last: Operation,
    state: State,
}

impl Standing {
    /// Asks the directory.
    ///
    /// # Errors
    ///
    /// [`SignError`] if it does not say, or this server may change nothing.
    pub(crate) async fn of(pds: &Pds, did: &Did) -> Result<Self, SignError> {
        let last = pds.plc.last_operation(did).await?;
        let state = last.state().ok_or(SignError::Ended)?;
        let own = DidKey::from(&pds.keys.rotation.public_key());
        if state.rotation_keys.contains(&own) {
            Ok(Self { last, state })
        } else {
            Err(SignError::NotOurs)
        }
    }

    /// Returns what the identity is.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Signs what it is to be, which is not sent by that.
    ///
    /// # Errors
    ///
    /// [`SignError::Limit`] if no directory would take it.
    pub(crate) fn sign(&self, pds: &Pds, after: State) -> Result<Operation, SignError> {
        Ok(Content::update(&self.last, after).sign(&pds.keys.rotation)?)
    }
}

impl From<SignError> for Fault {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Plc(error) => error.into(),
            error @ (SignError::Ended | SignError::NotOurs | SignError::Limit(_)) => {
                Refusal::invalid_request(error.to_string()).into()
            }
        }
    }
}
