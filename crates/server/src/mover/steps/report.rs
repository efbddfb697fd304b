//! Writing the report: everything here is read again for it.

use std::collections::BTreeMap;

use crypto::PublicKey;
use identity::plc::is_plc;
use identity::plc::log::AuditedLog;
use migrate::bundle::blob_hash;
use migrate::job::{Journal, Opened, State, Theirs};
use migrate::report::{
    Blob, Blobs, Consent, Contents, Head, Hosts, Identity, Loss, References, Report, Side, Times,
    VERSION,
};
use store::{Account, MoveBlob};
use syntax::{Cid, Datetime};
use tokio::task::spawn_blocking;

use super::blobs::loss;
use super::close::sign_out;
use super::fetch::{receive, warn};
use crate::failure::chain;
use crate::import::reader;
use crate::mover::Live;
use crate::mover::did_document::signing_key;
use crate::mover::job::Job;
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;

/// How many blobs are listed together.
const PAGE: u64 = 1000;

/// Writes and signs the report, and forgets what it took to speak to the old host.
pub(super) async fn step(pds: &Pds, job: &mut Job, live: &Live) -> Result<Turn, Trouble> {
    let account = job.account(pds).await?;
    let key = signing_key(pds, &account)?;
    let report = write(pds, job, live, &account, key.public_key()).await?;
    let signed = report.sign(&key).map_err(|error| Trouble::decide(error.to_string()))?;
    let file = String::from_utf8(signed.encode());
    job.journal.report = Some(file.map_err(|error| Trouble::decide(error.to_string()))?);
    sign_out(pds, job).await;
    Ok(Turn::Next(State::Done, "the account has moved".to_owned()))
}

async fn write(
    pds: &Pds,
    job: &mut Job,
    live: &Live,
    account: &Account,
    key: PublicKey,
) -> Result<Report, Trouble> {
    let Some(source) = job.journal.source.clone() else {
        return Err(Trouble::decide("it is not known what the old host had"));
    };
    let log = match is_plc(job.did()) {
        true => Some(pds.plc.audited_log(job.did()).await?),
        false => None,
    };
    let (mut head, contents) = own_contents(pds, account, log.as_ref(), key).await?;
    let mut own_leaves = contents.leaves.clone();
    let id = job.row.id;
    let known = pds.store.read(|tx| tx.move_blobs(id)).await?;
    let here = own_blobs(pds, account).await?;
    let (before_blobs, after_blobs) = blobs(&known, &contents.references, here);
    let leaves = match source.data == head.data {
        // The same root is the same tree, or its hash would not be worth anything.
        true => contents.leaves.clone(),
        false => {
            let theirs = job.journal.theirs.clone().filter(|theirs| theirs.data == source.data);
            let Theirs { data, leaves: theirs } = match theirs {
                Some(theirs) => theirs,
                None => their_contents(pds, job, live).await?,
            };
            match job.journal.opened.filter(|opened| opened.data == data) {
                // The owner has written here since. What came is what the account opened with.
                Some(Opened { commit, rev, data }) => {
                    head = Head { commit, rev: Some(rev), data, ..head };
                    own_leaves = theirs.clone();
                }
                None => {
                    let text = "the repository at the old host is not the one that is here";
                    warn(job, text.to_owned());
                }
            }
            theirs
        }
    };
    let preferences = job.journal.preferences.clone();
    let own_preferences = own_preferences(pds, account).await?;
    let planned = job.journal.switch.as_ref();
    let identity = planned.zip(log).and_then(|(planned, log)| Identity::of(&log, &planned.head));
    let journal = &job.journal;
    let time = Datetime::from_unix_ms;
    Ok(Report {
        version: VERSION,
        did: job.did().clone(),
        handle: account.handle.clone(),
        signing_key: key,
        owner_key: None,
        hosts: Hosts { from: Some(journal.from.clone()), to: pds.url.clone() },
        times: Times {
            began: time(journal.began_at_ms),
            switched: journal.switched_at_ms.map(time),
            ended: pds.clock.now(),
        },
        before: Side { head: source, leaves, blobs: before_blobs, preferences },
        after: Side {
            head,
            leaves: own_leaves,
            blobs: after_blobs,
            preferences: Some(own_preferences),
        },
        identity,
        quarantined: contents.quarantined,
        consents: consents(journal),
        warnings: journal.warnings.clone(),
    })
}

/// Describes the blobs at the old host and those that are here.
fn blobs(known: &[MoveBlob], references: &References, here: Vec<Blob>) -> (Blobs, Blobs) {
    let mut lost = losses(known);
    lost.retain(|cid, _| references.contains(cid));
    // Some may have come whose records were deleted at the old host afterwards.
    let is_kept = |blob: &&MoveBlob| blob.loss.is_none() && references.contains(&blob.cid);
    let came = known.iter().filter(is_kept).map(|blob| Blob {
        cid: blob.cid,
        size: blob.size,
        mime_type: blob.mime_type.clone(),
        is_rehashed: true,
    });
    // What was here already, or came by another way, was never asked for.
    let others = here.iter().filter(|blob| known.iter().all(|came| came.cid != blob.cid)).cloned();
    // What was too large to come, or did not because the host failed, was there all the same.
    let (kept_back, gone): (BTreeMap<Cid, Loss>, BTreeMap<Cid, Loss>) =
        lost.iter().partition(|(_, loss)| !matches!(loss, Loss::NotFound | Loss::Damaged));
    let kept_back = references.iter().filter(|(cid, ..)| kept_back.contains_key(cid));
    let kept_back = kept_back.map(|(cid, _, mime_type)| Blob {
        cid: *cid,
        size: 0,
        mime_type: mime_type.to_owned(),
        is_rehashed: false,
    });
    let before_blobs = came.chain(others).chain(kept_back);
    let before_blobs = Blobs::of(before_blobs, references, &gone);
    (before_blobs, Blobs::of(here, references, &lost))
}

fn losses(known: &[MoveBlob]) -> BTreeMap<Cid, Loss> {
    let lost = known.iter().filter_map(|blob| Some((blob.cid, loss(blob.loss.as_deref()?))));
    lost.collect()
}

fn consents(journal: &Journal) -> Vec<Consent> {
    let Some(approval) = &journal.approval else { return Vec::new() };
    let mut text = "the change of the identity, as it was shown".to_owned();
    if approval.unreadable > 0 {
        text.push_str(&format!("; {} records that cannot be read", approval.unreadable));
    }
    vec![Consent {
        given: Datetime::from_unix_ms(approval.at_ms),
        text,
        blobs: approval.blobs.clone(),
        preferences: approval.preferences,
    }]
}

/// Reads the repository here as anybody would who gets it as a file.
async fn own_contents(
    pds: &Pds,
    account: &Account,
    log: Option<&AuditedLog>,
    key: PublicKey,
) -> Result<(Head, Contents), Trouble> {
    let (store, id) = (pds.store.clone(), account.id);
    let read = pds.store.read_long(move |tx| {
        let head = tx.head(id)?.ok_or(store::Error::Missing)?;
        let mut reader = reader(&store);
        let exported = tx.export_repo(&head, None, |piece| reader.push(&piece));
        if let Err(error) = exported {
            return Ok(Err(chain(&error)));
        }
        let contents = reader.finish().map_err(|error| chain(&error)).and_then(|mut archive| {
            let contents = Contents::of(&mut archive).map_err(|error| chain(&error))?;
            Ok((*archive.root(), archive.commit().clone(), contents))
        });
        Ok::<_, store::Error>(contents)
    });
    let (root, commit, contents) = read.await?.map_err(Trouble::Doubtful)?;
    Ok((Head::of(root, &commit, log, &[key]), contents))
}

/// Notes what the old host has, for when it can no longer be asked. If that is what is here, it is read
/// here.
pub(super) async fn note_theirs(pds: &Pds, job: &mut Job, live: &Live) -> Result<(), Trouble> {
    let data = job.journal.source.as_ref().map(|source| source.data);
    if data.is_some() && job.journal.theirs.as_ref().map(|theirs| theirs.data) == data {
        return Ok(());
    }
    let account = job.account(pds).await?;
    let head = pds.store.read(|tx| tx.head(account.id)).await?;
    if head.is_some_and(|head| Some(head.data) == data) {
        let key = signing_key(pds, &account)?.public_key();
        let (head, contents) = own_contents(pds, &account, None, key).await?;
        if Some(head.data) == data {
            job.journal.theirs = Some(Theirs { data: head.data, leaves: contents.leaves });
            return Ok(());
        }
    }
    job.journal.theirs = Some(their_contents(pds, job, live).await?);
    Ok(())
}

/// Reads the repository at the old host, which has another tree than the one here.
async fn their_contents(pds: &Pds, job: &Job, live: &Live) -> Result<Theirs, Trouble> {
    let mut archive = receive(pds, &*job.owner(pds)?, None, live).await?;
    let read = spawn_blocking(move || {
        let contents = Contents::of(&mut archive).map_err(|error| chain(&error))?;
        Ok::<_, String>(Theirs { data: *archive.commit().data(), leaves: contents.leaves })
    });
    let contents = read.await.map_err(|error| Trouble::later(error.to_string()))?;
    contents.map_err(Trouble::Doubtful)
}

/// Reads the bytes of all blobs that are here.
async fn own_blobs(pds: &Pds, account: &Account) -> Result<Vec<Blob>, Trouble> {
    let (mut found, mut after) = (Vec::new(), None::<Cid>);
    loop {
        let page = pds.store.read(|tx| {
            let head = tx.head(account.id)?.ok_or(store::Error::Missing)?;
            let cids = tx.referenced_blobs(head.repo, None, after.as_ref(), PAGE)?;
            let rows = cids.iter().map(|cid| Ok((*cid, tx.blob(account.id, cid)?)));
            rows.collect::<Result<Vec<_>, store::Error>>()
        });
        let page = page.await?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        for (cid, row) in page {
            let Some(row) = row else { continue };
            let opened = pds.store.blobs().open_blob(&account.did, &cid).await;
            let opened = opened.map_err(|error| Trouble::later(chain(&error)))?;
            let Some((mut file, size)) = opened else { continue };
            let hash = spawn_blocking(move || blob_hash(&mut file, |_| Ok(()))).await;
            let is_rehashed = matches!(hash, Ok(Ok((_, hash))) if hash == *cid.digest());
            found.push(Blob { cid, size, mime_type: row.mime_type, is_rehashed });
        }
    }
}

async fn own_preferences(
    pds: &Pds,
    account: &Account,
) -> Result<migrate::report::Preferences, Trouble> {
    let kept = pds.store.read(|tx| tx.preferences(account.id)).await?;
    let values = kept.iter().map(|kept| serde_json::from_str(&kept.json));
    let values: Result<Vec<serde_json::Value>, _> = values.collect();
    let values = values.map_err(|error| Trouble::Doubtful(error.to_string()))?;
    Ok(migrate::report::Preferences::of(&values))
}
