//! Looking at what a report says, at the hosts and the directory themselves.
//!
//! Everything is read and hashed, as anybody may. What needs a session is not looked at.

use std::collections::BTreeMap;
use std::fmt;

use crypto::PublicKey;
use identity::plc::is_plc;
use identity::plc::log::AuditedLog;
use identity::resolve::{PlcClient, Resolver};
use identity::{Origin, document::Document};
use store::Clock;
use syntax::{Cid, Datetime};

use crate::host::{Host, HostError};
use crate::reading::{self, DownloadError, at_once, patiently};
use crate::report::{
    Blobs, Contents, ContentsError, Head, Identity, Leaves, Live, LiveIdentity, Loss, Part, Report,
};
use crate::with_sources;

/// Whom to ask.
pub struct Witnesses<'a> {
    /// The host that the account has moved to.
    pub to: &'a Host,
    /// The one that it has left.
    pub from: Option<&'a Host>,
    /// The directory of did:plc.
    pub plc: &'a PlcClient,
    /// What looks up the documents of did:web.
    pub resolver: &'a Resolver,
    /// The time.
    pub clock: &'a Clock,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What there is.
    pub live: Live,
    /// The keys that the account, or its owner, has or had: those that may have signed the report.
    pub keys: Vec<PublicKey>,
    /// What could not be looked at, and why.
    pub troubles: Vec<Trouble>,
}

/// A part that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which part.
    pub part: Part,
    /// Why, for people.
    pub why: String,
}

/// The identity, as it was found.
#[derive(Default)]
struct Known {
    log: Option<AuditedLog>,
    document: Option<(Option<Origin>, Option<PublicKey>)>,
    keys: Vec<PublicKey>,
}

impl Witnesses<'_> {
    /// Looks at all that a report is about.
    pub async fn look(&self, report: &Report) -> Found {
        let mut troubles = Vec::new();
        let known = self.identity(report, &mut troubles).await;
        let signing_key = known.document.as_ref().and_then(|(_, key)| *key);
        let identity = known.document.as_ref().map(|(host, key)| LiveIdentity {
            host: host.clone(),
            signing_key: *key,
            log: known
                .log
                .as_ref()
                .zip(report.identity.as_ref())
                .and_then(|(log, reported)| Identity::of(log, &reported.head_before)),
        });
        let mut live = Live {
            at: Datetime::from_unix_ms(self.clock.now_ms()),
            head: None,
            leaves: None,
            blobs: None,
            preferences: None,
            identity,
            old_rev: None,
        };
        match self.repository(report, known.log.as_ref(), signing_key).await {
            Ok((head, leaves, blobs)) => {
                live.head = Some(head);
                live.leaves = Some(leaves);
                match blobs {
                    Ok(blobs) => live.blobs = Some(blobs),
                    Err(error) => trouble(&mut troubles, Part::Blobs, &error),
                }
            }
            Err(error) => trouble(&mut troubles, Part::Records, &*error),
        }
        if let Some(from) = self.from {
            match patiently(|| from.latest_commit_of(&report.did)).await {
                Ok(latest) => live.old_rev = Some(latest.rev),
                // An account that was closed there is not shown, as it should be.
                Err(HostError::Refused { .. }) => {}
                Err(error) => trouble(&mut troubles, Part::OldHost, &error),
            }
        }
        Found { live, keys: known.keys, troubles }
    }

    async fn identity(&self, report: &Report, troubles: &mut Vec<Trouble>) -> Known {
        if is_plc(&report.did) {
            return match self.plc.audited_log(&report.did).await {
                Ok(log) => Known::of_log(log),
                Err(error) => {
                    trouble(troubles, Part::Operations, &error);
                    Known::default()
                }
            };
        }
        match self.resolver.document_anew(&report.did).await {
            Ok(document) => Known::of_document(&document),
            Err(error) => {
                trouble(troubles, Part::Host, &error);
                Known::default()
            }
        }
    }

    /// Reads the repository, and the blobs that its records refer to.
    async fn repository(
        &self,
        report: &Report,
        log: Option<&AuditedLog>,
        key: Option<PublicKey>,
    ) -> Result<(Head, Leaves, Result<Blobs, HostError>), Box<dyn std::error::Error>> {
        let download = patiently(|| self.to.repo_of(&report.did)).await;
        let mut archive = reading::repository(download.map_err(DownloadError::from)?).await?;
        let keys: Vec<PublicKey> = key.into_iter().collect();
        let head = Head::of(*archive.root(), archive.commit(), log, &keys);
        let contents: Result<Contents, ContentsError> = Contents::of(&mut archive);
        let contents = contents?;
        let blobs = self.blobs(report, &contents).await;
        Ok((head, contents.leaves, blobs))
    }

    async fn blobs(&self, report: &Report, contents: &Contents) -> Result<Blobs, HostError> {
        let (mut present, mut lost) = (Vec::new(), BTreeMap::new());
        let wanted: Vec<Cid> = contents.references.iter().map(|(cid, ..)| *cid).collect();
        let read = |cid: Cid| {
            let (host, did) = (self.to.clone(), report.did.clone());
            async move {
                let download = match patiently(|| host.blob_of(&did, &cid)).await {
                    Err(HostError::Refused { .. }) => return Ok((cid, Err(Loss::NotFound))),
                    download => download?,
                };
                Ok::<_, HostError>((cid, reading::blob(download, cid).await?))
            }
        };
        at_once(wanted, read, |outcome| {
            match outcome? {
                (_, Ok(blob)) => present.push(blob),
                (cid, Err(loss)) => drop(lost.insert(cid, loss)),
            }
            Ok::<_, HostError>(())
        })
        .await?;
        Ok(Blobs::of(present, &contents.references, &lost))
    }
}

impl Known {
    fn of_log(log: AuditedLog) -> Self {
        let standing = log.entries().iter().filter(|entry| !entry.nullified);
        let rotation = standing.filter_map(|entry| entry.operation.state());
        let rotation = rotation.flat_map(|state| state.rotation_keys);
        let rotation: Vec<PublicKey> = rotation.filter_map(|key| key.public_key().ok()).collect();
        let state = log.state();
        let host = state.as_ref().and_then(|state| state.pds()?.origin());
        let key = state.and_then(|state| state.signing_key());
        let keys = log.signing_keys().chain(rotation).collect();
        Self { document: Some((host, key)), keys, log: Some(log) }
    }

    fn of_document(document: &Document) -> Self {
        let (host, key) = (document.pds_endpoint(), document.signing_key());
        Self { log: None, document: Some((host, key)), keys: key.into_iter().collect() }
    }
}

fn trouble(to: &mut Vec<Trouble>, part: Part, error: &dyn std::error::Error) {
    to.push(Trouble { part, why: with_sources(error) });
}

impl fmt::Debug for Witnesses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witnesses").field("to", self.to.origin()).finish_non_exhaustive()
    }
}
