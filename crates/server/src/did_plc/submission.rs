//! Operations that an account's owner has somebody sign: sent to the directory once they prove harmless.

use crypto::{PublicKey, SigningKeyError};
use identity::Origin;
use identity::document::PDS_SERVICE_TYPE;
use identity::plc::{DidKey, Operation, State};
use identity::resolve::PlcError;
use store::Account;
use syntax::Handle;
use thiserror::Error;
use tokio::sync::oneshot;

use super::submit;
use crate::failure::{Fault, Refusal, chain};
use crate::pds::Pds;
use crate::write::identity_frame;

/// Says why an operation is not sent, or was not announced.
#[derive(Debug, Error)]
pub(crate) enum SubmitError {
    /// It ends the identity.
    #[error("Operation ends the identity")]
    Ends,
    /// It would cut the account off from this server.
    #[error("{0}")]
    Unfit(&'static str),
    /// The directory does not take it.
    #[error(transparent)]
    Plc(#[from] PlcError),
    /// The account's key cannot be opened.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
    /// Sending it broke off.
    #[error("sending broke off")]
    Broken(#[from] oneshot::error::RecvError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What an account's identity has to say to be hosted here.
struct Expected<'a> {
    rotation_key: PublicKey,
    signing_key: PublicKey,
    url: &'a Origin,
    handle: Option<&'a Handle>,
}

/// Sends an operation for an account, and announces what the directory took.
///
/// # Errors
///
/// [`SubmitError`] if it would cut the account off from this server, or the directory does not take it.
pub(crate) async fn submit_for(
    pds: &Pds,
    account: &Account,
    operation: Operation,
) -> Result<(), SubmitError> {
    let state = operation.state().ok_or(SubmitError::Ends)?;
    let expected = Expected {
        rotation_key: pds.keys.rotation.public_key(),
        signing_key: pds.keys.signing_key(&account.did, &account.signing_key)?.public_key(),
        url: &pds.url,
        handle: account.handle.as_ref(),
    };
    expected.check(&state).map_err(SubmitError::Unfit)?;

    let (answer, submitted) = oneshot::channel();
    let (pds, account) = (pds.clone(), account.clone());
    // It goes on if the client does not wait: what the directory took has to be announced.
    pds.tasks.clone().spawn(async move {
        let outcome = send(&pds, &account, &operation).await;
        if let Err(Err(error)) = answer.send(outcome) {
            let error = chain(&error);
            tracing::warn!(error, "operation was not sent, and nobody waits to hear it");
        }
    });
    submitted.await?
}

async fn send(pds: &Pds, account: &Account, operation: &Operation) -> Result<(), SubmitError> {
    submit(pds, &account.did, operation).await?;
    // Of an account that moves here nothing is heard before it is active; that is told then.
    if !account.state.status().is_active() {
        return Ok(());
    }
    let (id, did, time) = (account.id, account.did.clone(), pds.clock.now());
    pds.store.write(move |tx| tx.append(id, identity_frame(&did, None, &time))).await?;
    Ok(())
}

impl Expected<'_> {
    /// Returns what clients are told if a state is not as expected.
    fn check(&self, state: &State) -> Result<(), &'static str> {
        let is_ours = |key: &DidKey| key.public_key().is_ok_and(|key| key == self.rotation_key);
        if !state.rotation_keys.iter().any(is_ours) {
            return Err("Rotation keys do not include server's rotation key");
        }
        let service = state.pds();
        if service.is_none_or(|service| service.kind != PDS_SERVICE_TYPE) {
            return Err("Incorrect type on atproto_pds service");
        }
        if service.is_none_or(|service| service.endpoint != self.url.to_string()) {
            return Err("Incorrect endpoint on atproto_pds service");
        }
        if state.signing_key() != Some(self.signing_key) {
            return Err("Incorrect signing key");
        }
        let alias = state.also_known_as.first().and_then(|alias| alias.strip_prefix("at://"));
        let is_ours = self.handle.is_none_or(|handle| alias == Some(handle.as_str()));
        if is_ours { Ok(()) } else { Err("Incorrect handle in alsoKnownAs") }
    }
}

impl From<SubmitError> for Fault {
    fn from(error: SubmitError) -> Self {
        match error {
            error @ (SubmitError::Ends | SubmitError::Unfit(_)) => {
                Refusal::invalid_request(error.to_string()).into()
            }
            SubmitError::Plc(error) => error.into(),
            SubmitError::Key(error) => Self::Internal(error.into()),
            SubmitError::Broken(error) => Self::Internal(error.into()),
            SubmitError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crypto::{Curve, PrivateKey};
    use identity::document::PDS_SERVICE;
    use identity::plc::Service;

    use super::*;

    #[test]
    fn each_part_that_ties_an_account_to_its_host_is_checked() {
        let [rotation, signing, other] =
            [(); 3].map(|()| PrivateKey::generate(Curve::Secp256k1).public_key());
        let url: Origin = "https://pds.example.com".parse().unwrap();
        let handle: Handle = "alice.example.com".parse().unwrap();
        let mut good = State::of_account(&handle, &signing, &url);
        good.rotation_keys = vec![(&other).into(), (&rotation).into()];
        let expected = Expected {
            rotation_key: rotation,
            signing_key: signing,
            url: &url,
            handle: Some(&handle),
        };
        assert_eq!(expected.check(&good), Ok(()));
        let service = |kind: &str, endpoint: &str| {
            let (kind, endpoint) = (kind.to_owned(), endpoint.to_owned());
            [(PDS_SERVICE.to_owned(), Service { kind, endpoint })].into()
        };
        type Edit<'a> = &'a dyn Fn(&mut State);
        let cases: [(Edit<'_>, &str); 9] = [
            (
                &|s| drop(s.rotation_keys.pop()),
                "Rotation keys do not include server's rotation key",
            ),
            (&|s| s.services.clear(), "Incorrect type on atproto_pds service"),
            (
                &|s| s.services = service("Other", "https://pds.example.com"),
                "Incorrect type on atproto_pds service",
            ),
            (
                &|s| s.services = service(PDS_SERVICE_TYPE, "https://other.example.com"),
                "Incorrect endpoint on atproto_pds service",
            ),
            (
                &|s| s.services = service(PDS_SERVICE_TYPE, "https://pds.example.com/"),
                "Incorrect endpoint on atproto_pds service",
            ),
            (&|s| s.set_signing_key(&other), "Incorrect signing key"),
            (&|s| s.verification_methods.clear(), "Incorrect signing key"),
            (&|s| s.also_known_as.clear(), "Incorrect handle in alsoKnownAs"),
            (
                &|s| s.also_known_as.insert(0, "at://mallory.example.com".to_owned()),
                "Incorrect handle in alsoKnownAs",
            ),
        ];
        for (edit, message) in cases {
            let mut state = good.clone();
            edit(&mut state);
            assert_eq!(expected.check(&state), Err(message));
        }
    }
}
