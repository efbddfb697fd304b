//! The methods that this server answers, one file each.

mod actor;
mod admin;
mod identity;
mod lexicon;
mod migration;
mod repo;
pub(crate) mod server;
pub(crate) mod sync;
mod temp;

use crate::config::Config;
use crate::xrpc::Methods;

/// Reads headers as methods read them: see [`crate::fuzz`].
pub(crate) fn fuzz(headers: &http::HeaderMap) {
    sync::fuzz(headers);
}

/// Registers all methods.
pub(crate) fn methods(config: &Config) -> Methods {
    let mut methods = Methods::default();
    actor::register(&mut methods);
    admin::register(&mut methods);
    identity::register(&mut methods);
    lexicon::register(&mut methods);
    migration::register(&mut methods);
    repo::register(&mut methods, config);
    server::register(&mut methods);
    sync::register(&mut methods);
    temp::register(&mut methods);
    methods
}
