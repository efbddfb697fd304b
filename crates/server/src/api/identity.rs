//! `com.atproto.identity`: DIDs, their documents, and handles.

mod get_recommended_did_credentials;
mod refresh_identity;
mod request_plc_operation_signature;
mod resolve_did;
mod resolve_handle;
mod resolve_identity;
mod resolved;
mod sign_plc_operation;
mod submit_plc_operation;
#[cfg(test)]
mod tests;
mod update_handle;

use lexicon::com::atproto::identity::get_recommended_did_credentials::GetRecommendedDidCredentials;
use lexicon::com::atproto::identity::refresh_identity::RefreshIdentity;
use lexicon::com::atproto::identity::request_plc_operation_signature::RequestPlcOperationSignature;
use lexicon::com::atproto::identity::resolve_did::ResolveDid;
use lexicon::com::atproto::identity::resolve_handle::ResolveHandle;
use lexicon::com::atproto::identity::resolve_identity::ResolveIdentity;
use lexicon::com::atproto::identity::sign_plc_operation::SignPlcOperation;
use lexicon::com::atproto::identity::submit_plc_operation::SubmitPlcOperation;
use lexicon::com::atproto::identity::update_handle::UpdateHandle;

use crate::rate::UPDATE_HANDLE;
use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.query(
        GetRecommendedDidCredentials,
        get_recommended_did_credentials::get_recommended_did_credentials,
    );
    methods.procedure(RefreshIdentity, refresh_identity::refresh_identity);
    methods.procedure(
        RequestPlcOperationSignature,
        request_plc_operation_signature::request_plc_operation_signature,
    );
    methods.query(ResolveDid, resolve_did::resolve_did);
    methods.query(ResolveHandle, resolve_handle::resolve_handle);
    methods.query(ResolveIdentity, resolve_identity::resolve_identity);
    methods.procedure(SignPlcOperation, sign_plc_operation::sign_plc_operation);
    methods.procedure(SubmitPlcOperation, submit_plc_operation::submit_plc_operation);
    methods.procedure(UpdateHandle, update_handle::update_handle).rate_by_account(&UPDATE_HANDLE);
}
