//! `com.atproto.server`: accounts and their sessions.

mod create_account;
mod create_session;
mod delete_session;
mod describe_server;
mod get_session;
mod refresh_session;

use lexicon::com::atproto::server::{
    create_account::CreateAccount, create_session::CreateSession, delete_session::DeleteSession,
    describe_server::DescribeServer, get_session::GetSession, refresh_session::RefreshSession,
};

use crate::rate;
use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods
        .procedure(CreateAccount, create_account::create_account)
        .rate_by_ip(&rate::CREATE_ACCOUNT);
    methods
        .procedure(CreateSession, create_session::create_session)
        .rate_by_input(&rate::CREATE_SESSION, create_session::charge);
    methods.procedure(DeleteSession, delete_session::delete_session);
    methods.query(DescribeServer, describe_server::describe_server);
    methods.query(GetSession, get_session::get_session);
    methods.procedure(RefreshSession, refresh_session::refresh_session);
}
