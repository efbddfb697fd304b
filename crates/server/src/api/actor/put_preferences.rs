//! `app.bsky.actor.putPreferences`: replaces what clients keep for the caller.
//!
//! Lexicon: `lexicons/app/bsky/actor/putPreferences.json`.

use lexicon::Method as _;
use lexicon::app::bsky::actor::put_preferences::{Input, PutPreferences};

use crate::caller::{Account, NotTakenDown, OrApp, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::preferences::{self, Reach};

/// Replaces all preferences that the session may change.
pub(super) async fn put_preferences(
    pds: Pds,
    caller: Account<OrApp<NotTakenDown<Standard>>>,
    input: Input,
) -> Result<(), Failure> {
    preferences::check(&pds, &caller, PutPreferences::NSID)?;
    let account = caller.row(&pds).await?;
    let reach = Reach::of(&caller);
    let new = preferences::given(input.preferences.0, reach)
        .map_err(|error| Failure::invalid_request(error.to_string()))?;
    let id = account.id;
    pds.store
        .write(move |tx| {
            let mut all = tx.preferences(id)?;
            all.retain(|kept| !reach.includes(&kept.name));
            all.extend(new);
            tx.set_preferences(id, &all)
        })
        .await?;
    Ok(())
}
