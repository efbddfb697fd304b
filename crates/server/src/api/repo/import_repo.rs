//! `com.atproto.repo.importRepo`: fills an account that moves here with its repository.
//!
//! Lexicon: `lexicons/com/atproto/repo/importRepo.json`.

use ::oauth::scope::{AccountAction, AccountAttr, Need};
use tokio::sync::oneshot;

use crate::caller::{Account, Full, NotTakenDown, OrApp};
use crate::failure::{Failure, Fault, chain};
use crate::import::{ImportError, Progress, Received, Receiver, import};
use crate::pds::Pds;
use crate::xrpc::{Inflate, Upload};

/// Replaces the repository of a deactivated account with the one in the body, or brings it up to the
/// newer parts in the body. To that of an active account it adds the records that are new.
pub(super) async fn import_repo(
    pds: Pds,
    caller: Account<OrApp<NotTakenDown<Full>>>,
    upload: Upload,
) -> Result<(), Failure> {
    let (attr, action) = (AccountAttr::Repo, AccountAction::Manage);
    caller.check(&Need::Account { attr, action })?;
    let account = caller.row(&pds).await?;
    let archive = receive(&pds, upload).await?;
    // It is done to its end even if the client does not wait so long.
    let (answer, outcome) = oneshot::channel();
    let (owned, did) = (pds.clone(), account.did.clone());
    pds.tasks.spawn(async move {
        let outcome = import(&owned, &did, archive, &[], &Progress::default()).await;
        match &outcome {
            Ok(imported) => imported.tell(&did),
            Err(error) => tracing::info!(%did, error = chain(error), "a repository was refused"),
        }
        // Whoever asked may have gone; what was imported stays.
        let _ = answer.send(outcome.map(|_| ()));
    });
    Ok(outcome.await.map_err(Failure::internal)?.map_err(Fault::from)?)
}

async fn receive(pds: &Pds, mut upload: Upload) -> Result<Received, Fault> {
    let mut inflate = Inflate::of(&upload.head.headers)?;
    let receiver = Receiver::new(&pds.store);
    let mut is_wanted = true;
    while is_wanted && let Some(mut bytes) = upload.body.next().await? {
        while is_wanted && let Some(piece) = inflate.next(&mut bytes)? {
            is_wanted = receiver.push(piece).await;
        }
    }
    if is_wanted {
        receiver.push(inflate.finish()?).await;
    }
    Ok(receiver.finish().await.map_err(ImportError::from)?)
}
