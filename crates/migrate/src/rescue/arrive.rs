//! Arriving at the new host: the account, its repository, its blobs, its preferences.

use std::collections::BTreeMap;
use std::sync::Arc;

use repo::archive::AnyCommit;
use repo::car::Decoder;
use syntax::Cid;

use super::source::Source;
use super::{Rescue, RescueError, Step, doing};
use crate::bundle::BlobFile;
use crate::host::{HostError, MissingRef, NewAccount, Owner, Status};
use crate::reading::{at_once, patiently};
use crate::report::Loss;
use crate::switch::Destination;

impl Rescue<'_> {
    /// Signs in, if the account is there already and there is a password. Also tells whether it is
    /// active.
    pub(super) async fn sign_in(&self) -> Result<Option<(Owner, bool)>, RescueError> {
        let password = self.account.password;
        if password.is_empty() {
            return Ok(None);
        }
        let session = patiently(|| self.host.sign_in(self.did.as_str(), password, None));
        match session.await {
            Ok(session) => {
                let is_active = session.active != Some(false);
                let owner = Owner::new(self.host.clone(), session.did, session.session);
                Ok((owner.did() == self.did).then_some((owner, is_active)))
            }
            // There is no account yet, or it has another password: proof is to be given.
            Err(HostError::Refused { .. }) => Ok(None),
            Err(error) => Err(doing("signing in")(error)),
        }
    }

    /// Opens the account there, or goes on with it.
    pub(super) async fn arrive(&self, source: &Source) -> Result<Arc<Owner>, RescueError> {
        if let Some((owner, is_active)) = self.sign_in().await? {
            let is_called_so = match self.account.handle {
                Some(handle) if !is_active => self.recommended(&owner).await?.handle == *handle,
                _ => true,
            };
            if is_called_so {
                return Ok(Arc::new(owner));
            }
        }
        let private = source.private.as_ref();
        let email = private.and_then(|private| private.email.as_deref());
        let handle = self.account.handle.or(source.handle.as_ref()).ok_or(RescueError::NoHandle)?;
        let new = NewAccount {
            did: self.did,
            handle,
            email: self.account.email.or(email),
            password: self.account.password,
            invite_code: self.account.invite_code,
        };
        let described = patiently(|| self.host.describe()).await;
        let service = described.map_err(doing("asking it what it is"))?.did;
        let (service, new) = (&service, &new);
        let made = patiently(|| async move {
            // Each attempt has a proof of its own, as they last for minutes only.
            let proof = self.key.proof(self.did, service, self.clock.now_ms() / 1000);
            self.host.create_account(&proof, new).await
        });
        let made = made.await.map_err(doing("making the account"))?;
        Ok(Arc::new(Owner::new(self.host.clone(), made.did, made.session)))
    }

    /// Asks what the identity should say.
    pub(super) async fn recommended(&self, owner: &Owner) -> Result<Destination, RescueError> {
        let asked = patiently(|| owner.recommended()).await;
        asked.map_err(doing("asking what the identity should say"))
    }

    /// Brings the repository there, unless it is there.
    pub(super) async fn import(
        &self,
        owner: &Owner,
        source: &Source,
        status: &Status,
    ) -> Result<(), RescueError> {
        let (_, commit) = head(owner).await?;
        if *commit.data() == source.head.data {
            return Ok(());
        }
        let is_newer = status.indexed_records > 0 && commit.rev() > source.head.rev;
        if is_newer && !self.consent.replaces_newer {
            let (rev, records) = (status.repo_rev, status.indexed_records);
            return Err(RescueError::Newer { rev, records });
        }
        for file in &source.files {
            let imported = patiently(|| owner.import_repo(file)).await;
            imported.map_err(doing("importing the repository"))?;
        }
        Ok(())
    }

    /// Brings preferences there, if they are known.
    pub(super) async fn restore_private(
        &self,
        owner: &Owner,
        source: &Source,
    ) -> Result<(), RescueError> {
        let Some(private) = &source.private else { return Ok(()) };
        let put = patiently(|| owner.put_preferences(&private.preferences)).await;
        put.map_err(doing("restoring the preferences"))
    }

    /// Brings the blobs that the new host lacks. Returns those that it does not take.
    pub(super) async fn bring_blobs(
        &self,
        owner: &Arc<Owner>,
        source: &Source,
    ) -> Result<BTreeMap<Cid, Loss>, RescueError> {
        let missing = missing(owner).await?;
        let files: Vec<BlobFile> =
            missing.iter().filter_map(|blob| source.blobs.get(&blob.cid)).cloned().collect();
        let of = u64::try_from(files.len()).unwrap_or(u64::MAX);
        let (mut done, mut refused) = (0, BTreeMap::new());
        let upload = |file: BlobFile| {
            let owner = Arc::clone(owner);
            async move { (file.cid, upload(&owner, &file).await) }
        };
        at_once(files, upload, |(cid, outcome)| {
            if let Some(loss) = outcome.map_err(doing("uploading a blob"))? {
                refused.insert(cid, loss);
            }
            done += 1;
            self.step(Step::Blobs { done, of })
        })
        .await?;
        Ok(refused)
    }
}

/// Returns the commit that a host has.
///
/// It is the beginning of an export, which is not waited for to its end.
pub(super) async fn head(owner: &Owner) -> Result<(Cid, AnyCommit), RescueError> {
    let asking = doing("asking for the repository's commit");
    let malformed = || doing("asking for the repository's commit")(HostError::Malformed("commit"));
    let mut download = patiently(|| owner.repo(None)).await.map_err(&asking)?;
    let mut decoder = Decoder::new();
    while let Some(piece) = download.next().await.map_err(&asking)? {
        decoder.push(&piece);
        let mut found = None;
        while let Some(block) = decoder.next_block().map_err(|_| malformed())? {
            found = found.or_else(|| AnyCommit::decode(block.bytes).ok().map(|c| (block.cid, c)));
        }
        let root = decoder.roots().and_then(|roots| roots.first()?.cid());
        if let Some((cid, commit)) = found.filter(|(cid, _)| Some(*cid) == root) {
            return Ok((cid, commit));
        }
    }
    Err(malformed())
}

/// Lists all blobs that a host lacks.
pub(super) async fn missing(owner: &Owner) -> Result<Vec<MissingRef>, RescueError> {
    let (mut all, mut cursor): (Vec<MissingRef>, Option<String>) = (Vec::new(), None);
    loop {
        let page = patiently(|| owner.missing_blobs(cursor.as_deref())).await;
        let page = page.map_err(doing("asking which blobs are missing"))?;
        let is_last = page.blobs.is_empty();
        all.extend(page.blobs);
        cursor = page.cursor.filter(|_| !is_last);
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// Uploads a blob. What the host does not take is no error.
async fn upload(owner: &Owner, file: &BlobFile) -> Result<Option<Loss>, HostError> {
    let kind = if file.mime_type.is_empty() { "application/octet-stream" } else { &file.mime_type };
    match patiently(|| owner.upload_blob(&file.path, kind)).await {
        Ok(uploaded) => Ok((uploaded.cid != file.cid).then_some(Loss::Damaged)),
        Err(HostError::Refused { status: 413, .. }) => Ok(Some(Loss::TooLarge)),
        Err(HostError::Refused { .. }) => Ok(Some(Loss::NoAnswer)),
        Err(error) => Err(error),
    }
}
