//! `com.atproto.lexicon`: schemas as they are published.

mod resolve_lexicon;

use lexicon::com::atproto::lexicon::resolve_lexicon::ResolveLexicon;

use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.query(ResolveLexicon, resolve_lexicon::resolve_lexicon);
}
