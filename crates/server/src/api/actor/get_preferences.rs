//! `app.bsky.actor.getPreferences`: what clients keep for the caller.
//!
//! Lexicon: `lexicons/app/bsky/actor/getPreferences.json`.

use lexicon::app::bsky::actor::get_preferences::Output;
use repo::data::Value;
use repo::data::json::Json;

use crate::caller::{Account, OrTakenDown, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::preferences::{self, Reach};

/// Answers with all preferences that the session may see.
pub(super) async fn get_preferences(
    pds: Pds,
    caller: Account<OrTakenDown<Standard>>,
) -> Result<Output, Failure> {
    let account = caller.row(&pds).await?;
    let reach = Reach::of(caller.scope());
    let stored = pds.store.read(|tx| tx.preferences(account.id)).await?;
    let shown = preferences::shown(&stored, reach, &pds.clock.now());
    Ok(Output { preferences: Json(Value::List(shown.map_err(Failure::internal)?)) })
}
