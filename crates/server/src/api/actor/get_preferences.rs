//! `app.bsky.actor.getPreferences`: what clients keep for the caller, or, for a
//! moderator, for another account.
//!
//! Lexicon: `lexicons/app/bsky/actor/getPreferences.json`.

use lexicon::Method as _;
use lexicon::app::bsky::actor::get_preferences::{GetPreferences, Output};
use repo::data::Value;
use repo::data::json::Json;

use crate::caller::{OrApp, OrTakenDown, OwnerOrModerator, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::preferences::{self, Reach};

/// Answers with all preferences that the session may see; a moderator sees all of them.
pub(super) async fn get_preferences(
    pds: Pds,
    caller: OwnerOrModerator<OrApp<OrTakenDown<Standard>>>,
) -> Result<Output, Failure> {
    let (account, reach) = match caller {
        OwnerOrModerator::Owner(owner) => {
            preferences::check(&pds, &owner, GetPreferences::NSID)?;
            (owner.row(&pds).await?, Reach::of(&owner))
        }
        OwnerOrModerator::Moderator(did) => {
            let found = pds.store.account(&did).await?;
            let missing = || Failure::invalid_request(format!("Could not find account: {did}"));
            (found.ok_or_else(missing)?, Reach::All)
        }
    };
    let stored = pds.store.read(|tx| tx.preferences(account.id)).await?;
    let shown = preferences::shown(&stored, reach, &pds.clock.now());
    Ok(Output { preferences: Json(Value::List(shown.map_err(Failure::internal)?)) })
}
