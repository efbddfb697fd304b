//! `app.bsky.actor.putPreferences`: replaces what clients keep for the caller.
//!
//! Lexicon: `lexicons/app/bsky/actor/putPreferences.json`.

use lexicon::app::bsky::actor::put_preferences::Input;

use crate::caller::{Account, NotTakenDown, Standard};
use crate::failure::Failure;
use crate::pds::Pds;
use crate::preferences::{self, Reach};

/// Replaces all preferences that the session may change.
pub(super) async fn put_preferences(
    pds: Pds,
    caller: Account<NotTakenDown<Standard>>,
    input: Input,
) -> Result<(), Failure> {
    let account = caller.row(&pds).await?;
    let reach = Reach::of(caller.scope());
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
