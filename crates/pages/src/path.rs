//! Where forms and links of pages lead, for the server to answer at.
//!
//! Those that begin with a slash and stand under a heading are put behind another path: [`SIGN_IN`]
//! behind [`AUTHORIZE`] as behind [`ACCOUNT`], and what an account has behind the `base` of its
//! [`Owner`](crate::account::Owner).

/// Where the files are that pages need.
pub const ASSETS: &str = "/assets/";
/// Where applications send people to.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// Where people come on their own: the accounts of this browser.
pub const ACCOUNT: &str = "/account";
/// Where another language is picked.
pub const LANGUAGE: &str = "/account/language";
/// Where a new password is asked for.
pub const RESET: &str = "/account/reset-password";
/// Where the new password is set, with the mailed code.
pub const RESET_CONFIRM: &str = "/account/reset-password/confirm";
/// Where an account moves here.
pub const MOVE: &str = "/move";
/// Where other servers read what this one is as an app: at the old host of an account that moves here.
pub const MOVER_METADATA: &str = "/oauth/mover-client-metadata.json";
/// What there is to be read about moving.
pub const MOVING: &str = "/moving";

// Behind AUTHORIZE or ACCOUNT.

/// Signing in with a password.
pub const SIGN_IN: &str = "/sign-in";
/// The mailed code that an account asks for beside the password.
pub const CODE: &str = "/code";
/// Having another code mailed.
pub const CODE_AGAIN: &str = "/code/again";
/// Making an account.
pub const SIGN_UP: &str = "/sign-up";
/// Going on with one of the accounts of this browser.
pub const CHOOSE: &str = "/choose";
/// Opening an account again that was deactivated.
pub const REACTIVATE: &str = "/reactivate";
/// Letting an application do what it asks for.
pub const CONSENT: &str = "/consent";
/// Going back to the application without anything.
pub const CANCEL: &str = "/cancel";
/// Ending the session of one account in this browser.
pub const SIGN_OUT: &str = "/sign-out";

// Behind the base of an account.

/// Browsers and sessions.
pub const DEVICES: &str = "/devices";
/// Signing one browser out.
pub const END_DEVICE: &str = "/devices/end";
/// Ending one session of a password.
pub const END_SESSION: &str = "/devices/end-session";
/// Signing everything out but this browser.
pub const END_OTHERS: &str = "/devices/end-others";
/// Connected applications.
pub const APPS: &str = "/apps";
/// Disconnecting one.
pub const REVOKE_APP: &str = "/apps/revoke";
/// App passwords.
pub const APP_PASSWORDS: &str = "/app-passwords";
/// Revoking one.
pub const REVOKE_APP_PASSWORD: &str = "/app-passwords/revoke";
/// The handle: a name under one of the server's domains.
pub const HANDLE: &str = "/handle";
/// The handle: a domain of one's own.
pub const HANDLE_DOMAIN: &str = "/handle/domain";
/// Looking whether one's own domain leads to the account.
pub const HANDLE_CHECK: &str = "/handle/check";
/// The e-mail address.
pub const EMAIL: &str = "/email";
/// Having a code mailed that confirms the address.
pub const EMAIL_SEND: &str = "/email/send";
/// Confirming the address.
pub const EMAIL_CONFIRM: &str = "/email/confirm";
/// Having a code mailed that lets the address be changed.
pub const EMAIL_CHANGE: &str = "/email/change";
/// The password.
pub const PASSWORD: &str = "/password";
/// The code by mail at sign-in.
pub const FACTOR: &str = "/second-factor";
/// Keys of the owner's that can change the identity.
pub const KEY: &str = "/recovery-key";
/// Having a code mailed that lets a key be added.
pub const KEY_SEND: &str = "/recovery-key/send";
/// Copies of everything.
pub const EXPORT: &str = "/export";
/// Deactivating the account.
pub const DEACTIVATE: &str = "/deactivate";
/// Deleting the account.
pub const DELETE: &str = "/delete";
/// Having a code mailed that lets the account be deleted.
pub const DELETE_SEND: &str = "/delete/send";
/// Moving away.
pub const LEAVE: &str = "/leave";
/// Having a code mailed that lets the identity be changed.
pub const LEAVE_SEND: &str = "/leave/send";

// Behind MOVE.

/// What was found about the account.
pub const FOUND: &str = "/found";
/// Signing in at the old host with a password.
pub const SOURCE: &str = "/source";
/// Signing in at the old host in its own pages.
pub const SOURCE_OAUTH: &str = "/source/oauth";
/// Where the old host's own pages lead back to.
pub const CALLBACK: &str = "/callback";
/// Beginning the move.
pub const BEGIN: &str = "/begin";
/// How far the move is.
pub const PROGRESS: &str = "/progress";
/// What the move changes and loses, and agreeing to it.
pub const REVIEW: &str = "/review";
/// The mailed code, or the change signed with a key of one's own.
pub const CONFIRM: &str = "/confirm";
/// Going on at once with what failed, and having another code mailed.
pub const RESUME: &str = "/resume";
/// Asking again for files that did not come.
pub const ASK_AGAIN: &str = "/ask-again";
/// Cancelling the move.
pub const CANCEL_MOVE: &str = "/cancel";
/// Bringing the account back.
pub const UNDO: &str = "/undo";
/// What has become of the move.
pub const DONE: &str = "/done";
/// The report, as a file.
pub const REPORT: &str = "/report";

/// Returns a path with the request that waits in its query.
pub(crate) fn with_request(path: &str, request: &Option<&str>) -> String {
    with_query(path, request.map(|request| ("request", request)))
}

/// Returns a path with a value in its query, if there is one.
pub(crate) fn with_query(path: &str, pair: Option<(&str, &str)>) -> String {
    let mut link = path.to_owned();
    if let Some((name, value)) = pair {
        link.push_str(&format!("?{name}="));
        for byte in value.bytes() {
            match char::from(byte) {
                letter if letter.is_ascii_alphanumeric() || "-._~".contains(letter) => {
                    link.push(letter);
                }
                _ => link.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_a_query_stays_one_value() {
        assert_eq!(with_request(RESET, &None), RESET);
        let link = with_request("/a", &Some("urn:req-1&b=\"é"));
        assert_eq!(link, "/a?request=urn%3Areq-1%26b%3D%22%C3%A9");
    }
}
