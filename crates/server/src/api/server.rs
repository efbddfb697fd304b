//! `com.atproto.server`: accounts and their sessions.

mod activate_account;
mod check_account_status;
mod confirm_email;
pub(crate) mod create_account;
pub(crate) mod create_app_password;
mod create_invite_code;
mod create_invite_codes;
mod create_session;
pub(crate) mod deactivate_account;
mod delete_account;
mod delete_session;
mod describe_server;
mod get_account_invite_codes;
mod get_service_auth;
mod get_session;
mod list_app_passwords;
mod refresh_session;
mod request_account_delete;
mod request_email_confirmation;
mod request_email_update;
pub(crate) mod request_password_reset;
mod reserve_signing_key;
pub(crate) mod reset_password;
pub(crate) mod revoke_app_password;
mod update_email;

use lexicon::com::atproto::server::{
    activate_account::ActivateAccount, check_account_status::CheckAccountStatus,
    confirm_email::ConfirmEmail, create_account::CreateAccount,
    create_app_password::CreateAppPassword, create_invite_code::CreateInviteCode,
    create_invite_codes::CreateInviteCodes, create_session::CreateSession,
    deactivate_account::DeactivateAccount, delete_account::DeleteAccount,
    delete_session::DeleteSession, describe_server::DescribeServer,
    get_account_invite_codes::GetAccountInviteCodes, get_service_auth::GetServiceAuth,
    get_session::GetSession, list_app_passwords::ListAppPasswords, refresh_session::RefreshSession,
    request_account_delete::RequestAccountDelete,
    request_email_confirmation::RequestEmailConfirmation, request_email_update::RequestEmailUpdate,
    request_password_reset::RequestPasswordReset, reserve_signing_key::ReserveSigningKey,
    reset_password::ResetPassword, revoke_app_password::RevokeAppPassword,
    update_email::UpdateEmail,
};

use crate::rate;
use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.procedure(ActivateAccount, activate_account::activate_account);
    methods.query(CheckAccountStatus, check_account_status::check_account_status);
    methods.procedure(ConfirmEmail, confirm_email::confirm_email);
    methods
        .procedure(CreateAccount, create_account::create_account)
        .rate_by_ip(&rate::CREATE_ACCOUNT);
    methods.procedure(CreateAppPassword, create_app_password::create_app_password);
    methods.procedure(CreateInviteCode, create_invite_code::create_invite_code);
    methods.procedure(CreateInviteCodes, create_invite_codes::create_invite_codes);
    methods
        .procedure(CreateSession, create_session::create_session)
        .rate_by_input(&rate::CREATE_SESSION, create_session::charge);
    methods.procedure(DeactivateAccount, deactivate_account::deactivate_account);
    methods
        .procedure(DeleteAccount, delete_account::delete_account)
        .rate_by_ip(&rate::DELETE_ACCOUNT);
    methods.procedure(DeleteSession, delete_session::delete_session);
    methods.query(DescribeServer, describe_server::describe_server);
    methods.query(GetAccountInviteCodes, get_account_invite_codes::get_account_invite_codes);
    methods.query(GetServiceAuth, get_service_auth::get_service_auth);
    methods.query(GetSession, get_session::get_session);
    methods.query(ListAppPasswords, list_app_passwords::list_app_passwords);
    methods.procedure(RefreshSession, refresh_session::refresh_session);
    methods
        .procedure(RequestAccountDelete, request_account_delete::request_account_delete)
        .rate_by_account(&rate::REQUEST_ACCOUNT_DELETE);
    methods
        .procedure(RequestEmailConfirmation, request_email_confirmation::request_email_confirmation)
        .rate_by_account(&rate::REQUEST_EMAIL_CONFIRMATION);
    methods
        .procedure(RequestEmailUpdate, request_email_update::request_email_update)
        .rate_by_account(&rate::REQUEST_EMAIL_UPDATE);
    methods
        .procedure(RequestPasswordReset, request_password_reset::request_password_reset)
        .rate_by_ip(&rate::REQUEST_PASSWORD_RESET);
    methods.procedure(ReserveSigningKey, reserve_signing_key::reserve_signing_key);
    methods
        .procedure(ResetPassword, reset_password::reset_password)
        .rate_by_ip(&rate::RESET_PASSWORD);
    methods.procedure(RevokeAppPassword, revoke_app_password::revoke_app_password);
    methods.procedure(UpdateEmail, update_email::update_email);
}
