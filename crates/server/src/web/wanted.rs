//! The page of an account that somebody wanted who was led to sign in.
//!
//! It comes along in addresses and forms, where anybody can put something else. So nothing of it is
//! followed: it only names an account and one of the pages there are, and the path is made anew.

use pages::authorize::NEXT;
use pages::path;
use syntax::Did;

/// The pages that an account has.
const PAGES: [&str; 13] = [
    "",
    path::DEVICES,
    path::APPS,
    path::APP_PASSWORDS,
    path::PASSWORD,
    path::FACTOR,
    path::EMAIL,
    path::HANDLE,
    path::KEY,
    path::EXPORT,
    path::DEACTIVATE,
    path::DELETE,
    path::LEAVE,
];

/// A page of an account.
pub(super) struct Wanted {
    did: Did,
    path: String,
}

impl Wanted {
    /// Reads the path of a page, of a file that it leads to, or of what one of its forms is sent to. What
    /// else there may be behind the page's own path is left out.
    pub(super) fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix(path::ACCOUNT)?.strip_prefix("/u/")?;
        let (did, step) = rest.split_once('/').unwrap_or((rest, ""));
        let did = Did::parse(did).ok()?;
        let name = step.split('/').next().unwrap_or_default();
        let page = PAGES.iter().find(|page| page.strip_prefix('/').unwrap_or(page) == name)?;
        let path = format!("{}/u/{did}{page}", path::ACCOUNT);
        Some(Self { did, path })
    }

    /// Returns whose page it is.
    pub(super) fn did(&self) -> &Did {
        &self.did
    }

    /// Returns the page's path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the link to a step after which the page is wanted.
    pub(super) fn after(&self, step: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair(NEXT, &self.path).finish();
        format!("{}{step}?{query}", path::ACCOUNT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "/account/u/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn a_page_of_an_account_is_known_by_its_path() {
        for page in PAGES {
            let path = format!("{OWN}{page}");
            assert_eq!(Wanted::of(&path).unwrap().path(), path);
        }
        for (path, page) in [
            ("/", ""),
            ("/devices/", "/devices"),
            ("/devices/end-session", "/devices"),
            ("/app-passwords/revoke", "/app-passwords"),
            ("/email/send", "/email"),
            ("/export/records.car", "/export"),
            ("/devices/../../../evil", "/devices"),
        ] {
            let found = Wanted::of(&format!("{OWN}{path}")).unwrap();
            assert_eq!(found.path(), format!("{OWN}{page}"), "{path}");
        }
        let web = "/account/u/did:web:localhost%3A3000/devices";
        assert_eq!(Wanted::of(web).unwrap().path(), web);
    }

    #[test]
    fn nothing_else_is() {
        for path in [
            "",
            "/",
            "/account",
            "/account/u/",
            "/account/u/nobody",
            "/account/u/did:plc:a\r\nlocation: https://evil.example",
            "//evil.example",
            "//evil.example/account/u/did:plc:a",
            "/\\evil.example",
            "https://evil.example/account/u/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa",
            "%2F%2Fevil.example",
            "/account/u/%2e%2e/%2e%2e",
            "/account/u/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/%2e%2e",
            "/account/u/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/..",
            "/account/u/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/nothing",
            "/account/u/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa?/devices",
            "/account/u//evil.example/devices",
            "/move",
        ] {
            assert!(Wanted::of(path).is_none(), "{path}");
        }
    }
}
