//! `app.bsky.actor`: the preferences, which are kept here for clients.

mod get_preferences;
mod put_preferences;

use lexicon::app::bsky::actor::get_preferences::GetPreferences;
use lexicon::app::bsky::actor::put_preferences::PutPreferences;

use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.query(GetPreferences, get_preferences::get_preferences).give_way();
    methods.procedure(PutPreferences, put_preferences::put_preferences).give_way();
}
