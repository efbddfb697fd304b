//! `com.atproto.temp`: what clients and operators call although it may go.
//!
//! `requestPhoneVerification`, `dereferenceScope` and `fetchLabels` are of other services, and go to
//! the proxy as all that is not this server's own.

mod add_reserved_handle;
mod check_handle_availability;
mod check_signup_queue;
mod revoke_account_credentials;

use lexicon::com::atproto::temp::add_reserved_handle::AddReservedHandle;
use lexicon::com::atproto::temp::check_handle_availability::CheckHandleAvailability;
use lexicon::com::atproto::temp::check_signup_queue::CheckSignupQueue;
use lexicon::com::atproto::temp::revoke_account_credentials::RevokeAccountCredentials;

use crate::rate::CHECK_HANDLE_AVAILABILITY;
use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.procedure(AddReservedHandle, add_reserved_handle::add_reserved_handle);
    methods
        .query(CheckHandleAvailability, check_handle_availability::check_handle_availability)
        .rate_by_ip(&CHECK_HANDLE_AVAILABILITY);
    methods.query(CheckSignupQueue, check_signup_queue::check_signup_queue);
    methods.procedure(
        RevokeAccountCredentials,
        revoke_account_credentials::revoke_account_credentials,
    );
}
