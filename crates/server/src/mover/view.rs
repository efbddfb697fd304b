//! A move as its owner and the operator see it.

use std::sync::atomic::Ordering;

use identity::Origin;
use identity::plc::{DidKey, is_plc};
use lexicon::social::pagurus::migration::{defs, list_moves};
use migrate::job::Need;
use store::MoveJob;
use syntax::{Datetime, Uri};

use super::did_document::{destination, document_of, unsigned};
use super::findings::finding;
use super::job::{Job, JobError};
use super::orders::undo_until_ms;
use super::run::take_orders;
use crate::pds::Pds;

/// Returns a move as its owner sees it.
pub(crate) async fn job(pds: &Pds, row: MoveJob) -> Result<defs::Job, JobError> {
    let mut job = Job::of(pds, row)?;
    // What they have just ordered is as good as done: nobody should be asked for it again.
    take_orders(&mut job);
    let id = job.row.id;
    let account = pds.store.account(job.did()).await?;
    let lost = pds.store.read(|tx| {
        let lost = tx.lost_blobs(id)?;
        let notes = tx.move_notes(id)?;
        let counts = match &account {
            Some(account) => match tx.head(account.id)? {
                Some(head) => {
                    let (expected, here) = tx.count_blobs(account.id, head.repo)?;
                    let missing = tx.missing_blobs(account.id, head.repo, None, 500)?;
                    Some((head, expected, here, missing))
                }
                None => None,
            },
            None => None,
        };
        Ok::<_, store::Error>((lost, notes, counts))
    });
    let (lost, notes, counts) = lost.await?;
    let live = pds.mover.live(id);
    let load = |read: &dyn Fn(&super::Live) -> u64| number(live.as_deref().map_or(0, read));
    let (expected, here) =
        counts.as_ref().map_or((0, 0), |(_, expected, here, _)| (*expected, *here));
    let records = load(&|live| live.records.records());
    let written = counts.as_ref().map_or(0, |(head, ..)| number(head.records));
    let missing = counts.map(|(.., missing)| missing).unwrap_or_default();
    let path = |cid| missing.iter().find(|blob| blob.cid == cid).map(|blob| blob.path.to_string());
    let missing_blobs = lost.into_iter().map(|blob| defs::MissingBlob {
        path: path(blob.cid),
        cid: blob.cid,
        why: blob.loss.unwrap_or_default(),
        message: blob.last_error,
    });
    let change = match &account {
        Some(account) => change(pds, &job, account),
        None => None,
    };
    let journal = &job.journal;
    let unreadable = &journal.unreadable;
    Ok(defs::Job {
        did: job.did().clone(),
        state: job.state.as_str().to_owned(),
        from: uri(&journal.from),
        handle: journal.handle.clone(),
        began_at: Datetime::from_unix_ms(journal.began_at_ms),
        need: journal.need.as_ref().map(need),
        retry_at: Some(job.row.run_at).filter(|at| *at > 0).map(Datetime::from_unix_ms),
        last_error: job.row.last_error.clone(),
        progress: defs::Progress {
            repo_bytes: load(&|live| live.repo_bytes.load(Ordering::Relaxed)),
            records: if journal.source.is_some() { written } else { records },
            blobs: number(here),
            blobs_expected: number(expected),
            blob_bytes: load(&|live| live.blob_bytes.load(Ordering::Relaxed)),
        },
        findings: journal.findings.iter().map(finding).collect(),
        change,
        missing_blobs: missing_blobs.collect(),
        unreadable_records: number(unreadable.count),
        unreadable_paths: Some(unreadable.paths.clone()).filter(|paths| !paths.is_empty()),
        preferences_lost: journal.preferences_lost.clone(),
        undo_until: undo_until_ms(&job).map(Datetime::from_unix_ms),
        warnings: journal.warnings.clone(),
        notes: notes.into_iter().map(note).collect(),
    })
}

fn note(note: store::MoveNote) -> defs::Note {
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

fn change(pds: &Pds, job: &Job, account: &store::Account) -> Option<defs::Change> {
    if !is_plc(job.did()) {
        let to = destination(pds, account).ok()?;
        return Some(defs::Change {
            head: None,
            differences: Vec::new(),
            keys_kept: Vec::new(),
            keys_dropped: Vec::new(),
            may_undo: Vec::new(),
            operation: None,
            document: Some(document_of(job.did(), &to)),
        });
    }
    let planned = job.journal.switch.as_ref()?;
    let switch = planned.switch();
    let names = |keys: &[DidKey]| -> Vec<String> {
        keys.iter().map(|key| key.as_str().to_owned()).collect()
    };
    let signer = switch.before.rotation_keys.iter().find(|key| switch.dropped.contains(key));
    Some(defs::Change {
        head: Some(planned.head),
        differences: switch.differences().iter().map(ToString::to_string).collect(),
        keys_kept: names(&switch.kept),
        keys_dropped: names(&switch.dropped),
        may_undo: signer.map(|signer| names(switch.may_undo(signer))).unwrap_or_default(),
        operation: Some(unsigned(&switch, &planned.head)),
        document: None,
    })
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes where a host is.
pub(crate) fn uri(origin: &Origin) -> Uri {
    Uri::parse(&origin.to_string()).expect("an origin is a URI")
}
