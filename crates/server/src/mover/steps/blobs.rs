//! Fetching blobs, some at a time, until each is here or it is known why it cannot be.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use migrate::host::{HostError, Owner};
use migrate::job::State;
use migrate::report::Loss;
use store::{Account, BlobError, MoveBlob, Upload};
use syntax::Cid;
use tokio::time::{Instant, sleep, sleep_until};

use crate::blob;
use crate::mover::Live;
use crate::mover::job::Job;
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;

/// How many blobs are fetched at a time, at first and at most.
const AT_A_TIME_BEGIN: usize = 4;
const AT_A_TIME_MAX: usize = 12;
/// After how many blobs without a hitch one more is fetched at a time.
const GOOD_RUN: usize = 8;
/// How many missing blobs are looked up together.
const PAGE: u64 = 500;
/// In how many rounds a blob is asked for, before it is said not to come.
const ROUNDS_MAX: u64 = 6;
/// How often a host is asked again that broke off in the middle or sent something else.
const TRIES_MAX: u32 = 4;
/// How long it is waited before that.
const TRY_PAUSE: Duration = Duration::from_millis(250);
/// How long a host is left alone that asks for it.
const BUSY_PAUSE: Duration = Duration::from_secs(2);
const BUSY_PAUSE_MAX: Duration = Duration::from_secs(15 * 60);

/// What came of fetching a blob.
enum Outcome {
    Here {
        size: u64,
        mime_type: String,
    },
    Lost(Loss, String),
    Failed(String),
    Busy(Duration),
    SessionEnded,
    /// It could not be kept here.
    Broken(String),
}

/// Fetches the blobs that are missing.
pub(super) async fn step(pds: &Pds, job: &mut Job, live: &Live) -> Result<Turn, Trouble> {
    let owner = job.owner(pds)?;
    if job.orders.lost_blobs {
        let id = job.row.id;
        pds.store.write(move |tx| tx.forget_lost_blobs(id)).await?;
    }
    let slot = pds.mover.fetching.acquire().await;
    let outcome = fetch(pds, job, &owner, live).await;
    drop(slot);
    let lost = outcome?;
    let text = match lost {
        0 => "all blobs are here".to_owned(),
        count => format!("all blobs are here but {count}, which the old host does not give"),
    };
    Ok(Turn::Next(State::Private, text))
}

/// Fetches the blobs that are missing, and returns how many do not come.
pub(super) async fn fetch(
    pds: &Pds,
    job: &Job,
    owner: &Arc<Owner>,
    live: &Live,
) -> Result<usize, Trouble> {
    let account = job.account(pds).await?;
    let (id, account_id) = (job.row.id, account.id);
    let mut known: Vec<MoveBlob> = pds.store.read(|tx| tx.lost_blobs(id)).await?;
    let mut lost: HashSet<Cid> = known.drain(..).map(|blob| blob.cid).collect();
    let mut after: Option<Cid> = None;
    let mut failed = None;
    loop {
        let page = pds.store.read(|tx| {
            let head = tx.head(account_id)?.ok_or(store::Error::Missing)?;
            tx.missing_blobs(account_id, head.repo, after.as_ref(), PAGE)
        });
        let page = page.await?;
        let Some(last) = page.last() else { break };
        after = Some(last.cid);
        let wanted: Vec<Cid> =
            page.iter().map(|blob| blob.cid).filter(|cid| !lost.contains(cid)).collect();
        let mut crowd =
            Crowd { pds, id, owner, account: &account, live, at_a_time: AT_A_TIME_BEGIN };
        let (gone, error) = crowd.fetch(wanted).await?;
        lost.extend(gone);
        failed = failed.or(error);
    }
    match failed {
        Some(error) => Err(Trouble::later(error)),
        None => Ok(lost.len()),
    }
}

/// Fetches blobs that no record here refers to yet, and returns those that do not come.
pub(super) async fn fetch_early(
    pds: &Pds,
    job: &Job,
    owner: &Arc<Owner>,
    live: &Live,
    wanted: Vec<Cid>,
) -> Result<Vec<Cid>, Trouble> {
    let account = job.account(pds).await?;
    let at_a_time = AT_A_TIME_BEGIN;
    let mut crowd = Crowd { pds, id: job.row.id, owner, account: &account, live, at_a_time };
    match crowd.fetch(wanted).await? {
        (_, Some(error)) => Err(Trouble::later(error)),
        (lost, None) => Ok(lost),
    }
}

/// Several fetches at a time.
struct Crowd<'a> {
    pds: &'a Pds,
    id: i64,
    owner: &'a Arc<Owner>,
    account: &'a Arc<Account>,
    live: &'a Live,
    at_a_time: usize,
}

impl Crowd<'_> {
    /// Fetches some blobs. Returns those that do not come, and why others have to be tried again.
    async fn fetch(&mut self, mut wanted: Vec<Cid>) -> Result<(Vec<Cid>, Option<String>), Trouble> {
        let (mut lost, mut failed, mut good) = (Vec::new(), None, 0);
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.at_a_time
                && !self.live.is_cancelled()
                && let Some(cid) = wanted.pop()
            {
                let (pds, owner, account, live) = (self.pds, self.owner, self.account, self.live);
                running
                    .push(async move { (cid, fetch_one(pds, owner, account, &cid, live).await) });
            }
            let Some((cid, outcome)) = running.next().await else { break };
            match outcome {
                Outcome::Here { size, mime_type } => {
                    self.note(cid, size, mime_type, None, None).await?;
                    good += 1;
                    if good % GOOD_RUN == 0 {
                        self.at_a_time = (self.at_a_time + 1).min(AT_A_TIME_MAX);
                    }
                }
                Outcome::Lost(loss, error) => {
                    self.note(cid, 0, String::new(), Some(loss), Some(error)).await?;
                    lost.push(cid);
                }
                Outcome::Busy(pause) => {
                    // The others that run find out by themselves.
                    self.at_a_time = (self.at_a_time / 2).max(1);
                    good = 0;
                    wanted.push(cid);
                    self.rest(pause).await;
                }
                Outcome::Failed(error) => {
                    // A host that gives nothing at all is down; that is not this blob's fault.
                    let is_lost = good > 0 && self.has_failed_often(cid, &error).await?;
                    if is_lost {
                        lost.push(cid);
                    } else {
                        failed = Some(error);
                    }
                }
                Outcome::SessionEnded => return Err(HostError::SessionEnded.into()),
                Outcome::Broken(error) => return Err(Trouble::later(error)),
            }
        }
        if self.live.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        Ok((lost, failed))
    }

    /// Leaves the host alone for a while, unless the owner wants to cancel.
    async fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while Instant::now() < until && !self.live.is_cancelled() {
            sleep_until(until.min(Instant::now() + TRY_PAUSE)).await;
        }
    }

    /// Notes a failure, and tells whether there were so many that the blob is given up.
    async fn has_failed_often(&self, cid: Cid, error: &str) -> Result<bool, Trouble> {
        let (id, error) = (self.id, error.to_owned());
        let is_lost = self.pds.store.write(move |tx| {
            let known = tx.move_blob(id, &cid)?;
            let attempts = known.map_or(0, |blob| blob.attempts) + 1;
            let loss = (attempts >= ROUNDS_MAX).then(|| name(Loss::NoAnswer));
            let is_lost = loss.is_some();
            let (size, mime_type, last_error) = (0, String::new(), Some(error));
            let blob = MoveBlob { cid, size, mime_type, loss, attempts, last_error };
            tx.put_move_blob(id, &blob).map(|()| is_lost)
        });
        Ok(is_lost.await?)
    }

    async fn note(
        &self,
        cid: Cid,
        size: u64,
        mime_type: String,
        loss: Option<Loss>,
        last_error: Option<String>,
    ) -> Result<(), Trouble> {
        let (id, loss) = (self.id, loss.map(name));
        let blob = MoveBlob { cid, size, mime_type, loss, attempts: 1, last_error };
        Ok(self.pds.store.write(move |tx| tx.put_move_blob(id, &blob)).await?)
    }
}

/// Returns what a loss is called in the database.
pub(in crate::mover) fn name(loss: Loss) -> String {
    let value = serde_json::to_value(loss).expect("names can be written");
    value.as_str().unwrap_or_default().to_owned()
}

/// Reads what a loss is called in the database.
pub(in crate::mover) fn loss(name: &str) -> Loss {
    serde_json::from_value(serde_json::Value::from(name)).unwrap_or(Loss::Unknown)
}

/// Fetches a blob and keeps it. What has come of it when a connection breaks is not asked for again.
async fn fetch_one(
    pds: &Pds,
    owner: &Owner,
    account: &Arc<Account>,
    cid: &Cid,
    live: &Live,
) -> Outcome {
    let mut partial: Option<(Upload, u64)> = None;
    let mut tries = 0;
    loop {
        tries += 1;
        let outcome = fetch_rest(pds, owner, account, cid, live, &mut partial).await;
        let is_last = tries >= TRIES_MAX || live.is_cancelled();
        match outcome {
            Outcome::Failed(_) | Outcome::Lost(Loss::Damaged | Loss::NotFound, _) if !is_last => {
                sleep(TRY_PAUSE * tries).await;
            }
            outcome => return outcome,
        }
    }
}

async fn fetch_rest(
    pds: &Pds,
    owner: &Owner,
    account: &Arc<Account>,
    cid: &Cid,
    live: &Live,
    partial: &mut Option<(Upload, u64)>,
) -> Outcome {
    let begin = partial.as_ref().map_or(0, |(_, bytes)| *bytes);
    let mut download = match owner.blob(cid, begin).await {
        Ok(download) => download,
        Err(error) => return refused(error),
    };
    let (mut upload, mut bytes) = match partial.take() {
        Some(partial) if download.begin() == partial.1 => partial,
        _ if download.begin() != 0 => return Outcome::Failed("another range came".to_owned()),
        _ => match pds.store.blobs().upload(pds.config.limits.moved_blob_bytes).await {
            Ok(upload) => (upload, 0),
            Err(error) => return Outcome::Broken(crate::failure::chain(&error)),
        },
    };
    loop {
        if live.is_cancelled() {
            return Outcome::Failed("cancelled".to_owned());
        }
        match download.next().await {
            Ok(Some(piece)) => {
                let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                match upload.push(piece).await {
                    Ok(()) => bytes += length,
                    Err(BlobError::TooLarge(most)) => {
                        let text = format!("it is larger than {most} bytes");
                        return Outcome::Lost(Loss::TooLarge, text);
                    }
                    Err(error) => return Outcome::Broken(crate::failure::chain(&error)),
                }
                live.blob_bytes.fetch_add(length, Ordering::Relaxed);
            }
            Ok(None) => break,
            Err(error) => {
                *partial = Some((upload, bytes));
                return refused(error);
            }
        }
    }
    let received = match upload.finish().await {
        Ok(received) => received,
        Err(error) => return Outcome::Broken(crate::failure::chain(&error)),
    };
    if received.cid != *cid {
        let text = format!("what came is {}", received.cid);
        return Outcome::Lost(Loss::Damaged, text);
    }
    let given = download.mime_type().unwrap_or(blob::ANY_TYPE).to_owned();
    let mime_type = blob::type_of(&received.beginning, &given);
    match blob::keep(pds, account, received, mime_type).await {
        Ok(()) => Outcome::Here { size: bytes, mime_type: given },
        Err(crate::failure::Fault::Refused(refusal)) => {
            Outcome::Lost(Loss::Unknown, refusal.message().to_owned())
        }
        Err(crate::failure::Fault::Internal(error)) => {
            Outcome::Broken(crate::failure::chain(&*error))
        }
    }
}

fn refused(error: HostError) -> Outcome {
    let sentence = crate::failure::chain(&error);
    match error {
        HostError::SessionEnded | HostError::FactorNeeded => Outcome::SessionEnded,
        HostError::Busy { retry_after } => {
            Outcome::Busy(retry_after.unwrap_or(BUSY_PAUSE).min(BUSY_PAUSE_MAX))
        }
        HostError::Refused { status: 400 | 404 | 410, .. } => {
            Outcome::Lost(Loss::NotFound, sentence)
        }
        error if error.is_passing() => Outcome::Failed(sentence),
        _ => Outcome::Lost(Loss::NoAnswer, sentence),
    }
}
