//! `com.atproto.admin`: what operators and moderators do.

mod account_view;
mod delete_account;
mod disable_account_invites;
mod disable_invite_codes;
mod enable_account_invites;
mod get_account_info;
mod get_account_infos;
mod get_invite_codes;
mod get_subject_status;
mod search_accounts;
mod send_email;
mod subject;
mod update_account_email;
mod update_account_handle;
mod update_account_password;
mod update_account_signing_key;
mod update_subject_status;

use lexicon::com::atproto::admin::{
    delete_account::DeleteAccount, disable_account_invites::DisableAccountInvites,
    disable_invite_codes::DisableInviteCodes, enable_account_invites::EnableAccountInvites,
    get_account_info::GetAccountInfo, get_account_infos::GetAccountInfos,
    get_invite_codes::GetInviteCodes, get_subject_status::GetSubjectStatus,
    search_accounts::SearchAccounts, send_email::SendEmail,
    update_account_email::UpdateAccountEmail, update_account_handle::UpdateAccountHandle,
    update_account_password::UpdateAccountPassword,
    update_account_signing_key::UpdateAccountSigningKey,
    update_subject_status::UpdateSubjectStatus,
};
use store::{Account, Tx};
use syntax::Did;

use crate::failure::{Fault, Refusal};
use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.procedure(DeleteAccount, delete_account::delete_account);
    methods.procedure(DisableAccountInvites, disable_account_invites::disable_account_invites);
    methods.procedure(DisableInviteCodes, disable_invite_codes::disable_invite_codes);
    methods.procedure(EnableAccountInvites, enable_account_invites::enable_account_invites);
    methods.query(GetAccountInfo, get_account_info::get_account_info);
    methods.query(GetAccountInfos, get_account_infos::get_account_infos);
    methods.query(GetInviteCodes, get_invite_codes::get_invite_codes);
    methods.query(GetSubjectStatus, get_subject_status::get_subject_status);
    methods.query(SearchAccounts, search_accounts::search_accounts);
    methods.procedure(SendEmail, send_email::send_email);
    methods.procedure(UpdateAccountEmail, update_account_email::update_account_email);
    methods.procedure(UpdateAccountHandle, update_account_handle::update_account_handle);
    methods.procedure(UpdateAccountPassword, update_account_password::update_account_password);
    methods
        .procedure(UpdateAccountSigningKey, update_account_signing_key::update_account_signing_key);
    methods.procedure(UpdateSubjectStatus, update_subject_status::update_subject_status);
}

/// Reads an account, in whatever state, or refuses one that is not here.
fn account(tx: &mut Tx<'_>, did: &Did) -> Result<Account, Fault> {
    Ok(tx.account(did)?.ok_or_else(|| not_found(format!("Account not found: {did}")))?)
}

/// 400 `NotFound`.
fn not_found(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(http::StatusCode::BAD_REQUEST, "NotFound", message)
}
