//! What comes from the old host: the repository, what was written since, preferences.

use std::sync::atomic::Ordering;

use crypto::PublicKey;
use identity::plc::is_plc;
use migrate::host::{HostError, Owner};
use migrate::job::{State, Unreadable};
use migrate::report::{Head, Preferences};
use repo::archive::{AnyCommit, ArchiveError};
use repo::data::{Limits, Value, json};
use syntax::{Cid, Tid};

use super::blobs;
use crate::failure::chain;
use crate::import::{Received, Receiver};
use crate::mover::Live;
use crate::mover::job::Job;
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;
use crate::preferences::{self, DECLARED_AGE, PERSONAL, Reach};

/// The namespace whose objects are preferences.
const PREFERENCES: &str = "app.bsky";
/// How often the old host is asked for what came late, before the account goes on without: its
/// identity is here by then.
const LATE_ATTEMPTS_MAX: u64 = 5;

/// Fetches the whole repository, if it is not here yet.
pub(super) async fn import(pds: &Pds, job: &mut Job, live: &Live) -> Result<Turn, Trouble> {
    let owner = job.owner(pds)?;
    if job.journal.source.is_none() {
        let _slot = pds.mover.fetching.acquire().await;
        let archive = receive(pds, &owner, None, live).await?;
        take(pds, job, archive, live).await?;
    }
    let text = match &job.journal.source {
        Some(head) => format!("the repository is here: its data root is {}", head.data),
        None => String::new(),
    };
    Ok(Turn::Next(State::Blobs, text))
}

/// Fetches preferences.
pub(super) async fn private(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let owner = job.owner(pds)?;
    let given = match owner.preferences().await {
        Ok(given) => given,
        Err(HostError::SessionEnded) => return Err(HostError::SessionEnded.into()),
        Err(error) if error.is_passing() && job.row.attempts < 3 => return Err(error.into()),
        Err(error) => {
            // Hosts without an app view have none to give.
            let text = format!("the old host does not give the preferences: {}", chain(&error));
            job.journal.preferences_lost = Some(text.clone());
            return Ok(Turn::Next(State::CatchUp, text));
        }
    };
    let name = |value: &serde_json::Value| value.get("$type")?.as_str().map(str::to_owned);
    // What follows from the birth date is made anew here.
    let given = given.into_iter().filter(|value| name(value).as_deref() != Some(DECLARED_AGE));
    let (kept, others): (Vec<_>, Vec<_>) =
        given.partition(|value| name(value).is_some_and(|name| name.starts_with(PREFERENCES)));
    let is_whole = kept.iter().any(|value| name(value).as_deref() == Some(PERSONAL));
    if !is_whole && owner.is_let_in().await {
        let text = "the old host has shown no date of birth among the preferences, which it may keep \
                    from apps: enter it again if there was one";
        warn(job, text.to_owned());
    }
    if !others.is_empty() {
        warn(job, format!("{} preferences are of no type that is kept here", others.len()));
    }
    let list = serde_json::Value::from(kept.clone()).to_string();
    let list = json::decode(list.as_bytes(), &Limits::FOREIGN);
    let list: Value = list.map_err(|error| Trouble::Doubtful(error.to_string()))?;
    let new = preferences::given(list, Reach::All);
    let new = new.map_err(|error| Trouble::Doubtful(error.to_string()))?;
    let (id, count) = (job.account(pds).await?.id, new.len());
    pds.store.write(move |tx| tx.set_preferences(id, &new)).await?;
    job.journal.preferences = Some(Preferences::of(&kept));
    job.journal.preferences_lost = None;
    Ok(Turn::Next(State::CatchUp, format!("{count} preferences are here")))
}

/// Fetches what was written since, until nothing new is there.
pub(super) async fn catch_up(pds: &Pds, job: &mut Job, live: &Live) -> Result<Turn, Trouble> {
    let owner = job.owner(pds)?;
    let is_newer = newer(pds, job, &owner, live).await?;
    if is_newer {
        return Ok(Turn::Next(State::Blobs, "what was written meanwhile is here".to_owned()));
    }
    Ok(Turn::Next(State::Ready, "nothing new was written meanwhile".to_owned()))
}

/// Fetches what was written at the old host until the identity changed. If the old host does not
/// answer any more, the account opens without: it is nowhere else.
pub(super) async fn final_catch_up(pds: &Pds, job: &mut Job, live: &Live) -> Result<Turn, Trouble> {
    let outcome: Result<(), Trouble> = async {
        let owner = job.owner(pds)?;
        newer(pds, job, &owner, live).await?;
        blobs::fetch(pds, job, &owner, live).await?;
        Ok(())
    }
    .await;
    match outcome {
        Ok(()) => Ok(Turn::Next(State::Activate, "the last writes are here".to_owned())),
        Err(Trouble::Later { error, .. } | Trouble::Doubtful(error))
            if job.row.attempts + 1 >= LATE_ATTEMPTS_MAX =>
        {
            let text = format!("the last writes at the old host may be missing: {error}");
            warn(job, text.clone());
            Ok(Turn::Next(State::Activate, text))
        }
        Err(Trouble::Person(_)) => {
            let text = "the old host does not let us read the last writes".to_owned();
            warn(job, text.clone());
            Ok(Turn::Next(State::Activate, text))
        }
        Err(Trouble::Doubtful(error)) => Err(Trouble::later(error)),
        Err(trouble) => Err(trouble),
    }
}

/// Tells whether the old host has another commit than the one that came last.
pub(super) async fn is_behind(job: &Job, owner: &Owner) -> Result<bool, Trouble> {
    let latest = owner.latest_commit().await?;
    Ok(job.journal.source.as_ref().is_none_or(|head| head.commit != latest.cid))
}

/// Fetches what is newer than what is here, and tells whether something was.
pub(super) async fn newer(
    pds: &Pds,
    job: &mut Job,
    owner: &Owner,
    live: &Live,
) -> Result<bool, Trouble> {
    if !is_behind(job, owner).await? {
        return Ok(false);
    }
    let since = job.journal.source.as_ref().and_then(|head| head.rev);
    let archive = receive(pds, owner, since, live).await?;
    take(pds, job, archive, live).await?;
    Ok(true)
}

pub(super) fn warn(job: &mut Job, text: String) {
    if !job.journal.warnings.contains(&text) {
        job.journal.warnings.push(text);
    }
}

pub(super) async fn receive(
    pds: &Pds,
    owner: &Owner,
    since: Option<Tid>,
    live: &Live,
) -> Result<Received, Trouble> {
    let mut download = owner.repo(since).await?;
    let receiver = Receiver::new(&pds.store);
    let bytes_max = pds.config.limits.import_bytes;
    live.repo_bytes.store(0, Ordering::Relaxed);
    while let Some(piece) = download.next().await? {
        if live.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let bytes = live.repo_bytes.fetch_add(length, Ordering::Relaxed) + length;
        if bytes > bytes_max {
            let text = format!("the repository is larger than {bytes_max} bytes");
            return Err(Trouble::decide(text));
        }
        if !receiver.push(piece).await {
            break;
        }
    }
    receiver.finish().await.map_err(|error| match error {
        ArchiveError::Spool(_) => Trouble::later(chain(&error)),
        error => Trouble::Doubtful(chain(&error)),
    })
}

async fn take(pds: &Pds, job: &mut Job, archive: Received, live: &Live) -> Result<(), Trouble> {
    let (head, keys) = head(pds, job, *archive.root(), archive.commit().clone()).await?;
    let did = job.did().clone();
    let imported = crate::import::import(pds, &did, archive, &keys, &live.records).await?;
    imported.tell(&did);
    if imported.is_walked {
        let paths = imported.examples.iter().map(ToString::to_string).collect();
        job.journal.unreadable = Unreadable { count: imported.unreadable, paths };
    }
    job.journal.source = Some(head);
    Ok(())
}

/// Describes the commit of a repository. Also returns keys that are known to be the account's, beside
/// those that a directory knows.
pub(super) async fn head(
    pds: &Pds,
    job: &Job,
    root: Cid,
    commit: AnyCommit,
) -> Result<(Head, Vec<PublicKey>), Trouble> {
    let (log, keys) = match is_plc(job.did()) {
        true => (Some(pds.plc.audited_log(job.did()).await?), Vec::new()),
        false => (None, keys_of_document(pds, job).await),
    };
    Ok((Head::of(root, &commit, log.as_ref(), &keys), keys))
}

/// Returns the keys of a did:web: the one that has signed what came before, which a document does not
/// have any more that names this host, and the one that it has now.
async fn keys_of_document(pds: &Pds, job: &Job) -> Vec<PublicKey> {
    let source = job.journal.source.as_ref();
    let former = source.and_then(|head| head.signed_by.as_ref()).map(|signed| signed.key);
    let document = pds.resolver.document_anew(job.did()).await;
    let now = document.ok().and_then(|document| document.signing_key());
    former.into_iter().chain(now).collect()
}
