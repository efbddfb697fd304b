//! Reading again what the new host has, and writing down what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use syntax::{Cid, Datetime};

use super::arrive::{head, missing};
use super::source::{Source, SourceError};
use super::{Rescue, RescueError, doing};
use crate::host::{HostError, Owner};
use crate::reading::{self, DownloadError, TempArchive, at_once, patiently};
use crate::report::{
    Blob, Blobs, Consent, Contents, Head, Hosts, Identity, Loss, Preferences, Report, Side, Times,
    VERSION,
};
use crate::switch::Destination;

/// Blobs that are missing, each with a record that refers to it, and why.
pub(super) type Lost = BTreeMap<Cid, (Option<String>, Loss)>;

/// What the new host has, as it was read.
pub(super) struct Proved {
    contents: Contents,
    blobs: Blobs,
    pub(super) missing: Lost,
}

impl Rescue<'_> {
    /// Reads all of it, and compares the trees. An account that is active may have written since.
    pub(super) async fn prove(
        &self,
        owner: &Arc<Owner>,
        source: &Source,
        refused: &BTreeMap<Cid, Loss>,
        is_active: bool,
    ) -> Result<Proved, RescueError> {
        let mut archive = self.export(owner).await?;
        let (expected, found) = (source.head.data, *archive.commit().data());
        if expected != found && !is_active {
            return Err(RescueError::Different { expected, found });
        }
        let contents = Contents::of(&mut archive)?;
        let mut lost: BTreeMap<Cid, Loss> = BTreeMap::new();
        for blob in missing(owner).await? {
            let why = source.lost.get(&blob.cid).or_else(|| refused.get(&blob.cid));
            lost.insert(blob.cid, why.copied().unwrap_or(Loss::Unknown));
        }
        let there: Vec<Cid> = contents.references.iter().map(|(cid, ..)| *cid).collect();
        let there = there.into_iter().filter(|cid| !lost.contains_key(cid)).collect::<Vec<_>>();
        let mut present = Vec::new();
        let read = |cid: Cid| {
            let owner = Arc::clone(owner);
            async move { (cid, read(&owner, cid).await) }
        };
        at_once(there, read, |(cid, outcome)| {
            match outcome.map_err(doing("reading a blob again"))? {
                Ok(blob) => present.push(blob),
                Err(loss) => drop(lost.insert(cid, loss)),
            }
            Ok::<_, RescueError>(())
        })
        .await?;
        let blobs = Blobs::of(present, &contents.references, &lost);
        let named = blobs.missing.iter().map(|one| (one.cid, (one.path.clone(), one.why)));
        Ok(Proved { missing: named.collect(), contents, blobs })
    }

    /// Downloads the repository from the new host.
    async fn export(&self, owner: &Owner) -> Result<TempArchive, RescueError> {
        let doing = doing("reading the repository again");
        let download = patiently(|| owner.repo(None)).await.map_err(&doing)?;
        reading::repository(download).await.map_err(|error| match error {
            DownloadError::Host(error) => doing(error),
            DownloadError::Archive(error) => {
                SourceError::Archive("the new host's repository".into(), error).into()
            }
        })
    }

    /// Tells whether the owner has agreed to what is missing, and writes that down.
    pub(super) fn agreed(
        &self,
        missing: &Lost,
        is_active: bool,
    ) -> Result<Vec<Consent>, RescueError> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let is_agreed = self.consent.missing.allows(missing);
        if !is_agreed && !is_active {
            return Err(RescueError::Missing(missing.clone()));
        }
        let text = format!("{} files may be missing", missing.len());
        let blobs = missing.keys().copied().collect();
        let consent = Consent { given: self.now(), text, blobs, preferences: false };
        Ok(if is_agreed { vec![consent] } else { Vec::new() })
    }

    /// Writes the report.
    #[expect(clippy::too_many_arguments, reason = "it puts together what all steps have found")]
    pub(super) async fn report(
        &self,
        owner: &Owner,
        to: &Destination,
        source: &Source,
        proved: Proved,
        consents: Vec<Consent>,
        before: Option<Cid>,
        began: Datetime,
    ) -> Result<Report, RescueError> {
        let (cid, commit) = head(owner).await?;
        let standing = self.standing().await?;
        let log = standing.log.as_ref();
        let identity = log.zip(before).and_then(|(log, before)| Identity::of(log, &before));
        let mut preferences = (None, None);
        if let Some(private) = &source.private {
            let asked = patiently(|| owner.preferences()).await;
            let there = asked.map_err(doing("asking for the preferences"))?;
            preferences =
                (Some(Preferences::of(&private.preferences)), Some(Preferences::of(&there)));
        }
        let (ended, switched) = (self.now(), identity.as_ref().and_then(switched));
        let before = Side {
            head: source.head.clone(),
            leaves: source.contents.leaves.clone(),
            blobs: source.describe_blobs(),
            preferences: preferences.0,
        };
        let after = Side {
            head: Head::of(cid, &commit, log, &[to.signing_key]),
            leaves: proved.contents.leaves,
            blobs: proved.blobs,
            preferences: preferences.1,
        };
        let mut warnings = Vec::new();
        if source.made.is_some() {
            let text = "Nothing tells who had signed the repository; its owner has signed it anew.";
            warnings.push(text.to_owned());
        }
        Ok(Report {
            version: VERSION,
            did: self.did.clone(),
            handle: Some(to.handle.clone()),
            signing_key: to.signing_key,
            owner_key: Some(self.key.private().public_key()),
            hosts: Hosts { from: None, to: to.host.clone() },
            times: Times { began, switched, ended },
            before,
            after,
            identity,
            quarantined: source.contents.quarantined.clone(),
            consents,
            warnings,
        })
    }
}

/// Returns when the first operation was accepted that stands.
fn switched(identity: &Identity) -> Option<Datetime> {
    let standing = identity.operations.iter().find(|operation| !operation.is_undone);
    standing.map(|operation| operation.created_at.clone())
}

/// Reads a blob and hashes it. That it is not there, or not what it should be, is no error.
async fn read(owner: &Owner, cid: Cid) -> Result<Result<Blob, Loss>, HostError> {
    let begun = patiently(|| owner.blob(&cid, 0)).await;
    match begun {
        Err(HostError::Refused { .. }) => Ok(Err(Loss::NotFound)),
        begun => reading::blob(begun?, cid).await,
    }
}
