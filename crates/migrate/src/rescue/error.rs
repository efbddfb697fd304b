//! What can stop a rescue, sorted by what to do about it.

use std::collections::BTreeMap;

use crypto::PublicKey;
use identity::Origin;
use identity::plc::DidKey;
use identity::resolve::{PlcError, ResolveError};
use syntax::{Cid, Tid};
use thiserror::Error;

use super::journal::JournalError;
use super::keys::list;
use super::source::SourceError;
use crate::host::HostError;
use crate::report::{ContentsError, Loss, SignatureError};
use crate::switch::SwitchError;

/// Says that an account is not back, or not wholly.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct Failure {
    /// Why.
    #[source]
    pub error: RescueError,
    /// Whether the identity points to the new host already.
    pub is_switched: bool,
}

/// Says why an account is not back.
#[derive(Debug, Error)]
pub enum RescueError {
    /// What is left of the account is of no use.
    #[error("what there is of the account cannot be used")]
    Source(#[from] SourceError),
    /// The new host does not do what it has to.
    #[error("while {doing}")]
    Host {
        /// What was asked of it.
        doing: &'static str,
        /// What it said.
        #[source]
        error: HostError,
    },
    /// The directory of did:plc does not answer.
    #[error("directory of did:plc")]
    Plc(#[from] PlcError),
    /// The identity's document cannot be had.
    #[error("document of the identity")]
    Document(#[from] ResolveError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The identity cannot be changed in the way that it has to.
    #[error("identity cannot be changed")]
    Switch(#[from] SwitchError),
    /// What the new host has cannot be told.
    #[error("what the new host has cannot be read")]
    Contents(#[from] ContentsError),
    /// The report cannot be signed.
    #[error("report cannot be signed")]
    Report(#[from] SignatureError),
    /// A key of the one kind was given for an identity of the other.
    #[error("did:plc takes a rotation key, did:web the key that its document names")]
    KeyKind,
    /// The key may not change the identity.
    #[error("{0} is not a rotation key of the identity")]
    NotRotationKey(PublicKey),
    /// Nobody has said whose some rotation keys are.
    #[error("whose are these rotation keys: {}", list(.0))]
    Undecided(Vec<DidKey>),
    /// Nobody has said how the account is to be called.
    #[error("no handle is known for the account")]
    NoHandle,
    /// The account is active at the new host, and its identity points elsewhere.
    #[error("account is active at the new host already, and its identity points elsewhere")]
    Active,
    /// The new host has a newer repository of the account.
    #[error("the new host has a newer repository, {rev}, with {records} records")]
    Newer {
        /// Its revision.
        rev: Tid,
        /// How many records it has.
        records: u64,
    },
    /// What the new host gives back is not what it was given.
    #[error("the new host has the tree {found} instead of {expected}")]
    Different {
        /// The root that it should have.
        expected: Cid,
        /// The root that it has.
        found: Cid,
    },
    /// Blobs are missing, and nobody has agreed to that.
    #[error("{} blobs are missing", .0.len())]
    Missing(BTreeMap<Cid, (Option<String>, Loss)>),
    /// Another operation came before the one that was written down, which can never be taken now.
    #[error("the identity was changed by {0}, before the change that was planned")]
    Overtaken(Cid),
    /// The operation was taken back by a key of a higher rank.
    #[error("the change {0} was taken back")]
    TakenBack(Cid),
    /// The document of a did:web has to be changed by its owner.
    #[error("the document of the identity does not point to {host} yet")]
    WaitsForDocument {
        /// Where it has to point.
        host: Origin,
        /// What it has to say.
        document: String,
    },
    /// Whoever watches has stopped it.
    #[error("stopped before the next step, as was said")]
    Stopped,
}

impl RescueError {
    /// Tells whether the same again may succeed later without anybody doing something.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Host { error, .. } => error.is_passing(),
            Self::Plc(error) => matches!(error, PlcError::Http(_) | PlcError::Status(500..)),
            Self::Document(error) => !error.is_answer(),
            _ => false,
        }
    }

    /// Tells whether the owner has something to decide or to do, and the same again goes on then.
    pub fn waits_for_owner(&self) -> bool {
        match self {
            Self::Host { error, .. } => matches!(error, HostError::FactorNeeded),
            Self::Undecided(_)
            | Self::NoHandle
            | Self::Newer { .. }
            | Self::Missing(_)
            | Self::Overtaken(_)
            | Self::TakenBack(_)
            | Self::WaitsForDocument { .. }
            | Self::Stopped => true,
            _ => false,
        }
    }
}

/// Makes an error of a host's, with what was asked of it.
pub(super) fn doing(what: &'static str) -> impl Fn(HostError) -> RescueError {
    move |error| RescueError::Host { doing: what, error }
}
