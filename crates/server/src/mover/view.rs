//! A move as its owner and the operator see it.

use std::sync::atomic::Ordering;

use identity::Origin;
use identity::plc::{DidKey, Difference, is_plc};
use lexicon::social::pagurus::migration::{defs, list_moves};
use migrate::job::{Finding, Journal, Level, Need, State};
use migrate::report::Loss;
use migrate::switch::Switch;
use repo::data::json::Json;
use store::{MoveBlob, MoveJob, MoveNote};
use syntax::{Cid, Datetime, Did, Uri};

use super::did_document::{destination, document_of, unsigned};
use super::job::{Job, JobError};
use super::orders::undo_until_ms;
use super::run::take_orders;
use super::steps::{loss, loss_name};
use crate::pds::Pds;

/// A move as its owner sees it: what they have just ordered is as good as done.
pub(crate) struct Seen {
    pub(crate) did: Did,
    pub(crate) state: State,
    pub(crate) journal: Journal,
    /// When it is tried again, in milliseconds since 1970.
    pub(crate) retry_at_ms: Option<u64>,
    pub(crate) last_error: Option<String>,
    pub(crate) progress: Progress,
    pub(crate) change: Option<Change>,
    pub(crate) missing: Vec<Missing>,
    pub(crate) notes: Vec<MoveNote>,
    /// Until when it can be undone, in milliseconds since 1970.
    pub(crate) undo_until_ms: Option<u64>,
}

/// How much has come.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) repo_bytes: u64,
    pub(crate) records: u64,
    pub(crate) blobs: u64,
    pub(crate) blobs_expected: u64,
    pub(crate) blob_bytes: u64,
}

/// What a move changes in the identity.
pub(crate) enum Change {
    /// The operation of a did:plc.
    Plc {
        /// The operation that it follows.
        head: Cid,
        switch: Box<Switch>,
        /// The change as its owner would sign it.
        operation: Json,
    },
    /// What the document of a did:web has to say.
    Web(Json),
}

/// A blob that does not come.
pub(crate) struct Missing {
    pub(crate) cid: Cid,
    /// The first of the records that refer to it.
    pub(crate) path: Option<String>,
    pub(crate) loss: Loss,
    /// What the old host says of it.
    pub(crate) message: Option<String>,
}

impl Change {
    /// Returns what is different afterwards.
    pub(crate) fn differences(&self) -> Vec<Difference> {
        match self {
            Self::Plc { switch, .. } => switch.differences(),
            Self::Web(_) => Vec::new(),
        }
    }

    /// Returns the keys that can take the change back, if the old host signs it.
    pub(crate) fn may_undo(&self) -> &[DidKey] {
        let Self::Plc { switch, .. } = self else { return &[] };
        let mut keys = switch.before.rotation_keys.iter();
        let signer = keys.find(|key| switch.dropped.contains(key));
        signer.map(|signer| switch.may_undo(signer)).unwrap_or_default()
    }
}

/// Returns a move as its owner sees it.
pub(crate) async fn seen(pds: &Pds, row: MoveJob) -> Result<Seen, JobError> {
    let mut job = Job::of(pds, row)?;
    // Nobody should be asked again for what they have just ordered.
    take_orders(&mut job);
    let id = job.row.id;
    let account = pds.store.account(job.did()).await?;
    let found = pds.store.read(|tx| {
        let lost = tx.lost_blobs(id)?;
        let notes = tx.move_notes(id)?;
        let head = match &account {
            Some(account) => tx.head(account.id)?.map(|head| (account.id, head)),
            None => None,
        };
        let counts = match head {
            Some((account, head)) => {
                let counts = tx.count_blobs(account, head.repo)?;
                Some((head.records, counts, tx.missing_blobs(account, head.repo, None, 500)?))
            }
            None => None,
        };
        Ok::<_, store::Error>((lost, notes, counts))
    });
    let (lost, notes, counts) = found.await?;
    let live = pds.mover.live(id);
    let load = |read: &dyn Fn(&super::Live) -> u64| live.as_deref().map_or(0, read);
    let (written, (blobs_expected, blobs), missing) = counts.unwrap_or_default();
    let path = |cid| missing.iter().find(|blob| blob.cid == cid).map(|blob| blob.path.to_string());
    let missing = lost.into_iter().map(|blob: MoveBlob| Missing {
        path: path(blob.cid),
        cid: blob.cid,
        loss: blob.loss.as_deref().map_or(Loss::Unknown, loss),
        message: blob.last_error,
    });
    let records = load(&|live| live.records.records());
    let progress = Progress {
        repo_bytes: load(&|live| live.repo_bytes.load(Ordering::Relaxed)),
        records: if job.journal.source.is_some() { written } else { records },
        blobs,
        blobs_expected,
        blob_bytes: load(&|live| live.blob_bytes.load(Ordering::Relaxed)),
    };
    Ok(Seen {
        did: job.did().clone(),
        state: job.state,
        retry_at_ms: Some(job.row.run_at).filter(|at| *at > 0),
        progress,
        change: account.and_then(|account| change(pds, &job, &account)),
        missing: missing.collect(),
        notes,
        undo_until_ms: undo_until_ms(&job),
        last_error: job.row.last_error,
        journal: job.journal,
    })
}

fn change(pds: &Pds, job: &Job, account: &store::Account) -> Option<Change> {
    if !is_plc(job.did()) {
        let to = destination(pds, account).ok()?;
        return Some(Change::Web(document_of(job.did(), &to)));
    }
    let planned = job.journal.switch.as_ref()?;
    let switch = planned.switch();
    let operation = unsigned(&switch, &planned.head);
    Some(Change::Plc { head: planned.head, switch: Box::new(switch), operation })
}

/// Writes a move as methods answer with it.
pub(crate) fn job(seen: Seen) -> defs::Job {
    let Seen { journal, progress, .. } = seen;
    defs::Job {
        did: seen.did,
        state: seen.state.as_str().to_owned(),
        from: uri(&journal.from),
        handle: journal.handle,
        began_at: Datetime::from_unix_ms(journal.began_at_ms),
        need: journal.need.as_ref().map(need),
        retry_at: seen.retry_at_ms.map(Datetime::from_unix_ms),
        last_error: seen.last_error,
        progress: defs::Progress {
            repo_bytes: number(progress.repo_bytes),
            records: number(progress.records),
            blobs: number(progress.blobs),
            blobs_expected: number(progress.blobs_expected),
            blob_bytes: number(progress.blob_bytes),
        },
        findings: journal.findings.iter().map(finding).collect(),
        change: seen.change.map(shown_change),
        missing_blobs: seen.missing.into_iter().map(missing_blob).collect(),
        unreadable_records: number(journal.unreadable.count),
        unreadable_paths: Some(journal.unreadable.paths).filter(|paths| !paths.is_empty()),
        preferences_lost: journal.preferences_lost,
        undo_until: seen.undo_until_ms.map(Datetime::from_unix_ms),
        warnings: journal.warnings,
        notes: seen.notes.into_iter().map(note).collect(),
    }
}

/// Shows what was found.
pub(crate) fn finding(finding: &Finding) -> defs::Finding {
    let level = match finding.level {
        Level::Green => "green",
        Level::Yellow => "yellow",
        Level::Red => "red",
    };
    defs::Finding {
        level: level.to_owned(),
        about: finding.about.clone(),
        text: finding.text.clone(),
    }
}

fn missing_blob(blob: Missing) -> defs::MissingBlob {
    defs::MissingBlob {
        path: blob.path,
        cid: blob.cid,
        why: loss_name(blob.loss),
        message: blob.message,
    }
}

fn shown_change(change: Change) -> defs::Change {
    let names = |keys: &[DidKey]| -> Vec<String> {
        keys.iter().map(|key| key.as_str().to_owned()).collect()
    };
    let differences = change.differences().iter().map(ToString::to_string).collect();
    let may_undo = names(change.may_undo());
    match change {
        Change::Plc { head, switch, operation } => defs::Change {
            head: Some(head),
            differences,
            keys_kept: names(&switch.kept),
            keys_dropped: names(&switch.dropped),
            may_undo,
            operation: Some(operation),
            document: None,
        },
        Change::Web(document) => defs::Change {
            head: None,
            differences,
            keys_kept: Vec::new(),
            keys_dropped: Vec::new(),
            may_undo,
            operation: None,
            document: Some(document),
        },
    }
}

fn note(note: MoveNote) -> defs::Note {
    defs::Note { at: Datetime::from_unix_ms(note.at), state: note.state, text: note.text }
}

/// Returns a move as the operator sees it.
pub(crate) fn summary(row: MoveJob) -> list_moves::Summary {
    list_moves::Summary {
        did: row.did,
        state: row.state,
        is_live: row.is_live,
        last_error: row.last_error,
        began_at: Datetime::from_unix_ms(row.created_at),
        changed_at: Datetime::from_unix_ms(row.changed_at),
    }
}

fn need(need: &Need) -> defs::Need {
    let (name, message, until) = match need {
        Need::Review => ("review", None, None),
        Need::Code { until_ms } => ("code", None, Some(*until_ms)),
        Need::NewCode { message } => ("newCode", Some(message), None),
        Need::OwnSignature { message } => ("ownSignature", Some(message), None),
        Need::Document => ("document", None, None),
        Need::SignIn { message } => ("signIn", Some(message), None),
        Need::Decide { message } => ("decide", Some(message), None),
    };
    defs::Need {
        r#for: name.to_owned(),
        message: message.cloned(),
        until: until.map(Datetime::from_unix_ms),
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes where a host is.
pub(crate) fn uri(origin: &Origin) -> Uri {
    Uri::parse(&origin.to_string()).expect("an origin is a URI")
}
