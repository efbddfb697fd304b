//! A host as the owner of an account sees it, or as anybody does.

use std::error::Error;
use std::sync::Arc;

use identity::Origin;
use syntax::{Cid, Did};

use super::standing::Standing;
use crate::host::{Download, Host, HostError, Owner};
use crate::job::Finding;
use crate::reading::{self, DownloadError, TempArchive, patiently};
use crate::report::{Blob, Contents, Loss};
use crate::words::with_sources;

/// A host, and a session of the owner's there if there is one. What everybody may read is read as
/// everybody does; the session is for what is shown to the owner alone.
#[derive(Clone)]
pub struct View {
    host: Host,
    pub(super) owner: Option<Arc<Owner>>,
}

/// A repository that was read.
pub(super) struct Copy {
    pub(super) archive: TempArchive,
    pub(super) contents: Contents,
}

/// Why something was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is shown to the owner alone.
    ForOwner,
    /// It is not whole, or it could not be had.
    Failed(String),
}

/// A repository, or why it was not read.
pub(super) type Sight = Result<Copy, Unread>;

impl View {
    /// Makes a view that everybody has.
    pub fn of_anybody(host: Host) -> Self {
        Self { host, owner: None }
    }

    /// Makes the view of an account's owner.
    pub fn of_owner(owner: Owner) -> Self {
        Self { host: owner.host().clone(), owner: Some(Arc::new(owner)) }
    }

    /// Returns where the host is.
    pub fn origin(&self) -> &Origin {
        self.host.origin()
    }

    /// Ends the session, if there is one.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the host does not do it; then the session ends by itself some day.
    pub async fn sign_out(&self) -> Result<(), HostError> {
        match &self.owner {
            Some(owner) => owner.sign_out().await,
            None => Ok(()),
        }
    }

    /// Asks how the account stands.
    pub(super) async fn standing(&self, did: &Did) -> Standing {
        match patiently(|| self.host.repo_status(did)).await {
            Ok(status) => Standing::of(&status),
            Err(error) if error.is_named("RepoNotFound") => Standing::Gone,
            Err(_) => Standing::Unknown,
        }
    }

    /// Reads the whole repository.
    pub(super) async fn sight(&self, did: &Did) -> Sight {
        let mut archive = match self.repository(did).await {
            Ok(archive) => archive,
            Err(DownloadError::Host(error)) => return Err(self.unread(&error)),
            Err(error) => return Err(Unread::broken(&error)),
        };
        if archive.commit().did() != did {
            let of = archive.commit().did();
            return Err(Unread::Failed(format!("what it gives is the repository of {of}")));
        }
        match Contents::of(&mut archive) {
            Ok(contents) => Ok(Copy { archive, contents }),
            Err(error) => Err(Unread::broken(&error)),
        }
    }

    async fn repository(&self, did: &Did) -> Result<TempArchive, DownloadError> {
        let download = match (patiently(|| self.host.repo_of(did)).await, &self.owner) {
            (Err(HostError::Refused { .. }), Some(owner)) => patiently(|| owner.repo(None)).await,
            (download, _) => download,
        };
        reading::repository(download?).await
    }

    /// Reads and hashes a file. That it is not there, or another, is no error.
    pub(super) async fn file(&self, did: &Did, cid: Cid) -> Result<Result<Blob, Loss>, HostError> {
        let read = || async { reading::blob(self.download(did, &cid).await?, cid).await };
        match patiently(read).await {
            Err(HostError::Refused { .. }) => Ok(Err(Loss::NotFound)),
            // One that it fails at says nothing about the others.
            Err(HostError::Failed { .. }) => Ok(Err(Loss::NoAnswer)),
            outcome => outcome,
        }
    }

    async fn download(&self, did: &Did, cid: &Cid) -> Result<Download, HostError> {
        match (self.host.blob_of(did, cid).await, &self.owner) {
            (Err(HostError::Refused { .. }), Some(owner)) => owner.blob(cid, 0).await,
            (download, _) => download,
        }
    }

    pub(super) fn unread(&self, error: &HostError) -> Unread {
        let is_hidden = matches!(error, HostError::Refused { .. })
            && self.owner.is_none()
            && !error.is_named("RepoNotFound");
        if is_hidden { Unread::ForOwner } else { Unread::broken(error) }
    }
}

impl Unread {
    pub(super) fn broken(error: &dyn Error) -> Self {
        Self::Failed(with_sources(error))
    }

    pub(super) fn finding(&self, whose: &str, at: &Origin) -> Finding {
        let about = whose.replace(' ', "_");
        match self {
            Self::ForOwner => {
                let text = format!("{at} shows the account to its owner alone: sign in there, too");
                Finding::yellow(&about, text)
            }
            Self::Failed(why) => {
                Finding::red(&about, format!("what is at {at} could not be read: {why}"))
            }
        }
    }
}
