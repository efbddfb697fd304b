//! `com.atproto.server`: accounts and their sessions.

mod describe_server;

use lexicon::com::atproto::server::describe_server::DescribeServer;

use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.query(DescribeServer, describe_server::describe_server);
}
