//! Methods that not every session may have others call for it.

use syntax::Nsid;

/// Methods about the account itself, which no service is asked for: in lower case, in order.
const PROTECTED: [&str; 16] = [
    "com.atproto.admin.sendemail",
    "com.atproto.identity.requestplcoperationsignature",
    "com.atproto.identity.signplcoperation",
    "com.atproto.identity.updatehandle",
    "com.atproto.server.activateaccount",
    "com.atproto.server.confirmemail",
    "com.atproto.server.createapppassword",
    "com.atproto.server.deactivateaccount",
    "com.atproto.server.getaccountinvitecodes",
    "com.atproto.server.getsession",
    "com.atproto.server.listapppasswords",
    "com.atproto.server.requestaccountdelete",
    "com.atproto.server.requestemailconfirmation",
    "com.atproto.server.requestemailupdate",
    "com.atproto.server.revokeapppassword",
    "com.atproto.server.updateemail",
];

/// Makes an account elsewhere: only the owner may leave.
pub(crate) const CREATE_ACCOUNT: &str = "com.atproto.server.createAccount";

/// Tells whether a method is never called for an account by a service, whatever the session.
///
/// Case does not count: others may be lax about it.
pub(crate) fn is_protected(method: &Nsid) -> bool {
    let method = method.as_str().to_ascii_lowercase();
    PROTECTED.binary_search(&method.as_str()).is_ok()
}

/// Tells whether ordinary app passwords may not have a method called: all that is about messages,
/// and leaving.
pub(crate) fn is_privileged(method: &Nsid) -> bool {
    let method = method.as_str().to_ascii_lowercase();
    method.starts_with("chat.bsky.") || method.eq_ignore_ascii_case(CREATE_ACCOUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_open_what_is_closed() {
        assert!(PROTECTED.is_sorted());
        for (method, protected, privileged) in [
            ("com.atproto.server.getSession", true, false),
            ("com.atproto.server.GETSESSION", true, false),
            ("com.atproto.server.createAccount", false, true),
            ("chat.bsky.convo.sendMessage", false, true),
            ("app.bsky.feed.getTimeline", false, false),
        ] {
            let nsid = method.parse().unwrap();
            assert_eq!((is_protected(&nsid), is_privileged(&nsid)), (protected, privileged));
        }
    }
}
