//! The methods and types of `com.atproto.temp`.

pub mod add_reserved_handle;
pub mod check_handle_availability;
pub mod check_signup_queue;
pub mod dereference_scope;
pub mod fetch_labels;
pub mod request_phone_verification;
pub mod revoke_account_credentials;
