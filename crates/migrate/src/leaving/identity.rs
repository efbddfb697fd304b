//! Where the identity of an account says that it is.

use identity::Origin;
use identity::plc::log::AuditedLog;
use identity::plc::{DidKey, State, is_plc};
use identity::resolve::{PlcError, ResolveError};
use syntax::Datetime;

use super::view::{Copy, Unread};
use super::{Leaving, View};
use crate::host::HostError;
use crate::job::Finding;

/// What an identity says, and who may change that.
pub(super) struct Identity {
    pub(super) named: Named,
    /// Since when it names the new host, if it does and there is a log.
    pub(super) since: Option<Datetime>,
    /// The key that repositories have to be signed with.
    key: Option<crypto::PublicKey>,
    /// Keys of the old host that may change it, or why they are not known. Only its owner is told.
    old_keys: Option<Result<Vec<DidKey>, HostError>>,
}

/// Which host an identity names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// The one that the account goes to.
    New,
    /// The one that it leaves.
    Old,
    /// Another, or none.
    Other(Option<Origin>),
    /// The identity has ended.
    Ended,
    /// Nobody could be asked.
    Unknown(String),
}

impl Identity {
    pub(super) async fn look(leaving: &Leaving<'_>) -> Self {
        let mut found = Self { named: Named::Other(None), since: None, key: None, old_keys: None };
        if !is_plc(leaving.did) {
            match leaving.resolver.document_anew(leaving.did).await {
                Ok(document) => {
                    found.named = Named::of(document.pds_endpoint(), leaving);
                    found.key = document.signing_key();
                }
                Err(ResolveError::Ended) => found.named = Named::Ended,
                Err(error) => found.named = Named::unknown(&error),
            }
            return found;
        }
        let log = match leaving.plc.audited_log(leaving.did).await {
            Ok(log) => log,
            Err(PlcError::Ended) => return Self { named: Named::Ended, ..found },
            Err(error) => return Self { named: Named::unknown(&error), ..found },
        };
        let Some(state) = log.state() else { return Self { named: Named::Ended, ..found } };
        found.named = Named::of(endpoint(&state), leaving);
        found.key = state.signing_key();
        if found.named == Named::New {
            found.since = since(&log, leaving.to.origin());
            found.old_keys = old_keys(leaving.from, leaving.to, &state).await;
        }
        found
    }

    pub(super) fn findings(&self, from: &Origin, to: &Origin) -> Vec<Finding> {
        let about = "identity";
        let mut findings = vec![match &self.named {
            Named::New => Finding::green(about, format!("the identity names the new host, {to}")),
            Named::Old => {
                Finding::yellow(about, format!("the identity still names the old host, {from}"))
            }
            Named::Other(Some(host)) => {
                Finding::red(about, format!("the identity names {host}, which is neither host"))
            }
            Named::Other(None) => Finding::red(about, "the identity names no host"),
            Named::Ended => Finding::red(about, "the identity has ended"),
            Named::Unknown(why) => {
                Finding::red(about, format!("what the identity names is not known: {why}"))
            }
        }];
        findings.extend(match &self.old_keys {
            Some(Ok(keys)) if keys.is_empty() => {
                Some(Finding::green("keys", "no key of the old host may change the identity"))
            }
            Some(Ok(keys)) => {
                let keys = keys.iter().map(DidKey::as_str).collect::<Vec<_>>().join(", ");
                let text = format!("keys of the old host may still change the identity: {keys}");
                Some(Finding::yellow("keys", text))
            }
            Some(Err(error)) => {
                let text = format!("the old host does not tell which keys are its own: {error}");
                Some(Finding::yellow("keys", text))
            }
            None => None,
        });
        findings
    }

    /// Checks that the identity's key has signed what the new host has, once that counts.
    pub(super) fn signature(&self, copy: &Copy) -> Option<Finding> {
        if self.named != Named::New {
            return None;
        }
        let is_signed = self.key.is_some_and(|key| copy.archive.commit().verify(&key).is_ok());
        Some(match is_signed {
            true => Finding::green("signature", "the identity's key has signed the repository"),
            false => Finding::red(
                "signature",
                "the repository at the new host is not signed by the identity's key: nobody takes \
                 it",
            ),
        })
    }
}

impl Named {
    fn of(host: Option<Origin>, leaving: &Leaving<'_>) -> Self {
        match host {
            Some(host) if host == *leaving.to.origin() => Self::New,
            Some(host) if host == *leaving.from.origin() => Self::Old,
            host => Self::Other(host),
        }
    }

    fn unknown(error: &dyn std::error::Error) -> Self {
        match Unread::broken(error) {
            Unread::Failed(why) => Self::Unknown(why),
            Unread::ForOwner => Self::Unknown(error.to_string()),
        }
    }
}

fn endpoint(state: &State) -> Option<Origin> {
    state.pds()?.origin()
}

/// Returns since when a log names a host without interruption.
fn since(log: &AuditedLog, host: &Origin) -> Option<Datetime> {
    let standing = log.entries().iter().filter(|entry| !entry.nullified).rev();
    let names = |state: Option<State>| state.and_then(|state| endpoint(&state));
    let there = standing.take_while(|entry| names(entry.operation.state()).as_ref() == Some(host));
    there.last().map(|entry| entry.created_at.clone())
}

/// Returns the keys of an identity that the old host calls its own and the new one does not.
async fn old_keys(from: &View, to: &View, state: &State) -> Option<Result<Vec<DidKey>, HostError>> {
    let old = match from.owner.as_ref()?.host_keys().await {
        Ok(keys) => keys,
        Err(error) => return Some(Err(error)),
    };
    let mut left: Vec<DidKey> =
        state.rotation_keys.iter().filter(|key| old.contains(key)).cloned().collect();
    // One operator may have both hosts.
    if !left.is_empty()
        && let Some(owner) = &to.owner
    {
        match owner.host_keys().await {
            Ok(keys) => left.retain(|key| !keys.contains(key)),
            Err(error) => return Some(Err(error)),
        }
    }
    Some(Ok(left))
}
