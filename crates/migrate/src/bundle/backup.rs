//! Writing a bundle, or what is new to one.

mod chain;
mod paths;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader};
use std::path::Path;

use crypto::{PrivateKey, SealingKeys, SigningKeyError};
use identity::Origin;
use identity::plc::log::AuditedLog;
use sha2::{Digest as _, Sha256};
use store::repo::Head;
use store::{Clock, Reading, Tx};
use syntax::{Cid, Datetime, Did, Handle};
use thiserror::Error;

use super::blobs::{self, Bringing, Brought, Listed, Wanted};
use super::folder::{Faults, Folder};
use super::manifest::{
    BlobList, Link, Manifest, ManifestError, Part, PrivatePart, Signed, VERSION, WithoutLog,
};
use super::{BLOBS, DIFFS, MANIFEST, MANIFEST_BYTES_MAX, private};
use crate::age::{self, Recipient};

/// A backup of one account: where it comes from, and what is done with it.
pub struct Backup<'a> {
    /// The store, which a server may be using.
    pub reading: &'a Reading,
    /// The data directory that the store is in, for the blobs.
    pub data: &'a Path,
    /// What opens the account's signing key.
    pub sealing: &'a SealingKeys,
    /// What time it is.
    pub clock: &'a Clock,
    /// The server's address.
    pub host: Origin,
    /// The log of the identity.
    pub plc_log: PlcLog,
    /// Who may read what is nobody else's. With none, those who may read that of the former backup.
    pub recipients: Vec<Recipient>,
    /// Whether there is to be a new base, and everything that is there is hashed again.
    pub anew: bool,
    /// What fails in tests.
    pub faults: Faults,
}

/// What is known of an identity's log.
#[derive(Debug, Clone)]
pub enum PlcLog {
    /// The log.
    Audited(AuditedLog),
    /// The identity is not a did:plc, and has none.
    NotPlc,
    /// It cannot be had. What the bundle has of before stays.
    NoAnswer,
}

/// What came of a backup.
#[derive(Debug, Clone)]
pub struct Backed {
    /// What the bundle has now.
    pub manifest: Manifest,
    /// The files that were written, but the manifest's and the blobs'. None if nothing is new.
    pub written: Vec<Part>,
    /// How many blobs were copied.
    pub blobs_copied: u64,
    /// Whether anything is new.
    pub is_changed: bool,
    /// Whether the log of the identity is one of before, as none could be had.
    pub plc_log_is_old: bool,
}

/// Says why there is no new backup. What was there before is still whole.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// There is no such account, or it has no repository.
    #[error("there is no account {0} with a repository")]
    NoAccount(Did),
    /// The manifest cannot be signed.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// The directory has the bundle of another account.
    #[error("directory has the bundle of {0}")]
    OtherAccount(Did),
    /// The manifest that is there cannot be read, so that nobody knows what the directory has.
    #[error("{MANIFEST} that is there is no good; a new base takes its place")]
    Former(#[source] ManifestError),
    /// Who could read the private part before was said by a manifest that nobody can trust.
    #[error(
        "who may read preferences and e-mail has to be said again: the manifest is signed by a key \
         that the account never had"
    )]
    UnknownRecipients,
    /// A recipient of before is not one.
    #[error("recipient of the former backup is malformed")]
    Recipient(#[from] age::RecipientError),
    /// A file failed.
    #[error("file of the bundle, or of a blob, failed")]
    File(#[from] io::Error),
}

/// What is read in one moment.
struct Snapshot {
    handle: Option<Handle>,
    key: PrivateKey,
    head: Head,
    /// The new part of the repository, if there is anything new.
    link: Option<Link>,
    wanted: Vec<Wanted>,
    private: Vec<u8>,
}

/// A backup that is being made.
struct Run<'a> {
    backup: &'a Backup<'a>,
    did: &'a Did,
    folder: Folder,
    former: Option<Manifest>,
    number: u64,
    written: Vec<Part>,
}

impl Backup<'_> {
    /// Writes an account's bundle to a directory, or what is new to the one that is there.
    ///
    /// # Errors
    ///
    /// [`BackupError`] if it cannot be made; what was there before is whole and counts.
    pub fn run(&self, did: &Did, directory: &Path) -> Result<Backed, BackupError> {
        let folder = Folder::create(directory, self.faults.clone())?;
        let former = self.former(did, &folder)?;
        let number = former.as_ref().map_or(1, |former| former.number.saturating_add(1));
        let run = Run { backup: self, did, folder, former, number, written: Vec::new() };
        run.run()
    }

    /// Reads the manifest that is there. Its own signature has to hold; whose it is, is seen later.
    fn former(&self, did: &Did, folder: &Folder) -> Result<Option<Manifest>, BackupError> {
        let Some(file) = folder.read_all(MANIFEST, MANIFEST_BYTES_MAX)? else { return Ok(None) };
        let signed = match Signed::decode(&file) {
            Ok(signed) => signed,
            Err(_) if self.anew => return Ok(None),
            Err(error) => return Err(BackupError::Former(error)),
        };
        if signed.manifest.did != *did {
            return Err(BackupError::OtherAccount(signed.manifest.did));
        }
        match signed.verify(&signed.manifest.signing_key) {
            Ok(()) => Ok(Some(signed.manifest)),
            Err(_) if self.anew => Ok(None),
            Err(_) => Err(BackupError::Former(ManifestError::Signature)),
        }
    }
}

impl Run<'_> {
    fn run(mut self) -> Result<Backed, BackupError> {
        let reading = self.backup.reading;
        let snapshot = reading.read(|tx| self.snapshot(tx))?;
        let is_base = snapshot.link.as_ref().is_some_and(|link| link.since.is_none());
        let brought = self.bring(snapshot.wanted, &snapshot.head, is_base)?;
        let list = blobs::write_list(&brought.listed);
        let blobs = BlobList {
            part: self.part("blobs", "tsv", &list, |former| Some(&former.blobs.part))?,
            count: count(brought.listed.len()),
            bytes: brought.listed.iter().map(|blob| blob.size).sum(),
        };
        let (plc_log, without_plc_log) = self.plc_log()?;
        let private = self.private(&snapshot.private, &snapshot.key)?;
        let repo = self.chain(snapshot.link);
        let head = &snapshot.head;
        let mut manifest = Manifest {
            version: VERSION,
            number: self.number,
            did: self.did.clone(),
            handle: snapshot.handle,
            host: self.backup.host.clone(),
            created: Datetime::from_unix_ms(self.backup.clock.now_ms()),
            signing_key: snapshot.key.public_key(),
            base: repo.first().map_or(head.rev, |link| link.rev),
            rev: head.rev,
            commit: head.commit,
            data: head.data,
            repo,
            blobs,
            missing: brought.missing,
            plc_log,
            without_plc_log,
            private,
        };
        let is_changed = match &self.former {
            Some(former) => {
                let same = Manifest {
                    number: former.number,
                    created: former.created.clone(),
                    ..manifest.clone()
                };
                same != *former || brought.copied > 0
            }
            None => true,
        };
        if is_changed {
            self.publish(&manifest, &snapshot.key)?;
            self.sweep(&manifest, is_base.then_some(&brought.listed))?;
        } else if let Some(former) = self.former {
            manifest = former;
        }
        let is_audited = matches!(self.backup.plc_log, PlcLog::NoAnswer);
        Ok(Backed {
            plc_log_is_old: is_audited && manifest.plc_log.is_some(),
            manifest,
            written: self.written,
            blobs_copied: brought.copied,
            is_changed,
        })
    }

    /// Reads the account as it is in one moment, and writes what is new of its repository.
    fn snapshot(&mut self, tx: &mut Tx<'_>) -> Result<Snapshot, BackupError> {
        let missing = || BackupError::NoAccount(self.did.clone());
        let account = tx.account(self.did)?.ok_or_else(missing)?;
        let head = tx.head(account.id)?.ok_or_else(missing)?;
        let key =
            self.backup.sealing.unseal_signing_key(self.did.as_str(), &account.signing_key)?;
        let wanted = blobs::wanted(tx, &head)?;
        let private = private::read(tx, &account)?;
        let link = self.new_link(tx, &head, &key)?;
        Ok(Snapshot { handle: account.handle, key, head, link, wanted, private })
    }

    fn bring(
        &self,
        wanted: Vec<Wanted>,
        head: &Head,
        is_base: bool,
    ) -> Result<Brought, BackupError> {
        let bringing = Bringing {
            folder: &self.folder,
            data: self.backup.data,
            did: self.did,
            former: self.former_blobs()?,
            rehashes: is_base,
        };
        let mut brought = bringing.bring(wanted)?;
        let nameless = brought.missing.iter().filter(|missing| missing.path.is_none());
        let nameless: BTreeSet<Cid> = nameless.map(|missing| missing.cid).collect();
        if !nameless.is_empty() {
            let mut paths = self.backup.reading.read(|tx| paths::find(tx, head, &nameless))?;
            for missing in &mut brought.missing {
                missing.path = missing.path.take().or_else(|| paths.remove(&missing.cid));
            }
        }
        Ok(brought)
    }

    /// Reads the former list of blobs. One that is not there, or damaged, is none: then what is in
    /// the bundle is hashed.
    fn former_blobs(&self) -> io::Result<BTreeMap<Cid, Listed>> {
        let mut listed = BTreeMap::new();
        let Some(part) = self.former.as_ref().map(|former| &former.blobs.part) else {
            return Ok(listed);
        };
        let Some(mut file) = self.folder.read(&part.file)? else { return Ok(listed) };
        if blobs::hash(&mut file, |_| Ok(()))? != (part.size, part.sha256) {
            return Ok(listed);
        }
        let Some(file) = self.folder.read(&part.file)? else { return Ok(listed) };
        blobs::read_list(BufReader::new(file), |line| {
            listed.extend(line.ok().map(|one| (one.cid, one)));
            Ok(())
        })?;
        Ok(listed)
    }

    fn plc_log(&mut self) -> Result<(Option<Part>, Option<WithoutLog>), BackupError> {
        let log = match &self.backup.plc_log {
            PlcLog::Audited(log) => log,
            PlcLog::NotPlc => return Ok((None, Some(WithoutLog::NotPlc))),
            PlcLog::NoAnswer => {
                let former = self.former.as_ref().and_then(|former| former.plc_log.clone());
                let without = former.is_none().then_some(WithoutLog::NoAnswer);
                return Ok((former, without));
            }
        };
        let json = serde_json::to_vec_pretty(log.entries()).expect("operations are JSON");
        let part = self.part("plc-log", "json", &json, |former| former.plc_log.as_ref())?;
        Ok((Some(part), None))
    }

    fn private(
        &mut self,
        content: &[u8],
        key: &PrivateKey,
    ) -> Result<Option<PrivatePart>, BackupError> {
        let former = self.former.as_ref().and_then(|former| former.private.clone());
        let recipients = match (&self.backup.recipients[..], &former) {
            ([], None) => return Ok(None),
            // Else whoever can write to the directory could name themselves.
            ([], Some(_)) if !self.trusts_former(key) => {
                return Err(BackupError::UnknownRecipients);
            }
            ([], Some(former)) => former
                .recipients
                .iter()
                .map(|text| Recipient::parse(text))
                .collect::<Result<_, _>>()?,
            (recipients, _) => recipients.to_vec(),
        };
        let fingerprint = private::fingerprint(content, &recipients, key);
        if let Some(former) = former.filter(|former| former.fingerprint == fingerprint)
            && !self.backup.anew
            && self.is_there(&former.part)?
        {
            return Ok(Some(former));
        }
        let name = self.name("private", "age");
        let part = self.folder.write(&name, &age::encrypt(content, &recipients))?;
        self.written.push(part.clone());
        let recipients = recipients.iter().map(Recipient::to_string).collect();
        Ok(Some(PrivatePart { part, recipients, fingerprint }))
    }

    /// Tells whether the account has signed the former manifest, with this key or an earlier one.
    fn trusts_former(&self, key: &PrivateKey) -> bool {
        let signer = self.former.as_ref().map(|former| former.signing_key);
        let of_log = match &self.backup.plc_log {
            PlcLog::Audited(log) => log.signing_keys().any(|key| signer == Some(key)),
            PlcLog::NotPlc | PlcLog::NoAnswer => false,
        };
        of_log || signer == Some(key.public_key())
    }

    /// Writes a part, unless the bundle has it as it is.
    fn part(
        &mut self,
        stem: &str,
        extension: &str,
        bytes: &[u8],
        former: impl Fn(&Manifest) -> Option<&Part>,
    ) -> Result<Part, BackupError> {
        let sha256: [u8; 32] = Sha256::digest(bytes).into();
        if let Some(part) = self.former.as_ref().and_then(former)
            && (part.sha256, part.size) == (sha256, count(bytes.len()))
            && !self.backup.anew
            && self.is_there(part)?
        {
            return Ok(part.clone());
        }
        let part = self.folder.write(&self.name(stem, extension), bytes)?;
        self.written.push(part.clone());
        Ok(part)
    }

    /// Returns the name of a part that takes the place of another, which keeps its own.
    fn name(&self, stem: &str, extension: &str) -> String {
        match self.number {
            1 => format!("{stem}.{extension}"),
            number => format!("{stem}.{number}.{extension}"),
        }
    }

    fn is_there(&self, part: &Part) -> io::Result<bool> {
        Ok(self.folder.size(&part.file)? == Some(part.size))
    }

    /// Makes the new manifest count. Before, all that it names is durable.
    fn publish(&self, manifest: &Manifest, key: &PrivateKey) -> Result<(), BackupError> {
        for folder in [DIFFS, BLOBS, ""] {
            self.folder.sync(folder)?;
        }
        self.folder.write(MANIFEST, &manifest.sign(key))?;
        self.folder.sync("")?;
        Ok(())
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).expect("a length in memory fits into 64 bits")
}
