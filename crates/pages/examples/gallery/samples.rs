//! Every page in several states, for the gallery and for tests.

mod account;
mod authorize;
mod moving;

use pagurus_pages::{Color, Frame, Lang, Link, Look, Page};

/// How pages are shown.
#[derive(Clone, Copy)]
pub(crate) struct Samples<'a> {
    pub(crate) look: &'a Look,
    pub(crate) lang: Lang,
    pub(crate) words: &'a Words,
}

/// What others wrote.
pub(crate) struct Words {
    pub(crate) handle: String,
    pub(crate) did: String,
    pub(crate) host: String,
    pub(crate) client_id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) sentence: String,
    pub(crate) key: String,
}

/// What is called for each page.
pub(crate) type Show<'a> = &'a mut dyn FnMut(&str, &dyn Page);

/// The look of an operator who has set everything.
pub(crate) fn look() -> Look {
    let link = |url| Link::parse(url).map(Link::into_owned);
    Look {
        name: "Tidepool".to_owned(),
        logo: None,
        home: link("https://tidepool.example/"),
        support: link("https://tidepool.example/help"),
        privacy: link("https://tidepool.example/privacy?a=1&b=2"),
        terms: link("https://tidepool.example/terms"),
        assets: pagurus_pages::Assets::new(Color::parse("#b4472e")),
    }
}

impl Words {
    pub(crate) fn plain() -> Self {
        Self {
            handle: "alice.tidepool.example".to_owned(),
            did: "did:plc:ewvi7nxzyoun6zhxrhs64oiz".to_owned(),
            host: "skyfeed.example".to_owned(),
            client_id: "https://skyfeed.example/oauth-client-metadata.json".to_owned(),
            name: "Skyfeed".to_owned(),
            email: "alice@example.com".to_owned(),
            sentence: "the old host does not answer within ten seconds".to_owned(),
            key: "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv".to_owned(),
        }
    }

    /// What is as long as it may be.
    pub(crate) fn long() -> Self {
        let label = "a-very-long-label-that-has-no-end-at-all".to_owned();
        let domain = [label.as_str(); 5].join(".");
        Self {
            handle: format!("{domain}.example"),
            did: format!("did:web:{domain}.example"),
            host: format!("{domain}.example"),
            client_id: format!("https://{domain}.example/{}", "path/".repeat(60)),
            name: "Anticonstitutionnellement".repeat(8),
            email: format!("{}@{domain}.example", "a".repeat(60)),
            sentence: "le serveur répond, longuement et sans jamais en venir au fait, ".repeat(30),
            key: format!("did:key:z{}", "Q3shQoaH3bzr".repeat(12)),
        }
    }

    /// What would be harmful if it were taken for anything but text.
    pub(crate) fn hostile() -> Self {
        let bad = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}\u{202e}&amp;";
        Self {
            handle: format!("h{bad}"),
            // A DID is parsed before it is shown, so that only its letters can be strange.
            did: format!("did:x:{}", bad.replace('\u{202e}', "")),
            host: format!("o{bad}"),
            client_id: format!("javascript:alert(3)//{bad}"),
            name: format!("n{bad}"),
            email: format!("e{bad}"),
            sentence: format!("s{bad}\u{0}\u{1b}[31m\n</p></main>"),
            key: format!("k{bad}"),
        }
    }

    /// What is written from right to left.
    pub(crate) fn right_to_left() -> Self {
        Self {
            handle: "xn--mgbh0fb.example".to_owned(),
            host: "xn--mgbh0fb.example".to_owned(),
            name: "تغذية السماء (2)".to_owned(),
            sentence: "المضيف القديم لا يجيب! 3 مرات".to_owned(),
            ..Self::plain()
        }
    }
}

impl<'a> Samples<'a> {
    /// Shows each page.
    pub(crate) fn each(&self, show: Show<'_>) {
        self.authorize(show);
        self.account(show);
        self.moving(show);
    }

    fn frame(&self) -> Frame<'a> {
        let Self { look, lang, .. } = *self;
        Frame { look, lang, csrf: "3f\"><b>ac", here: Some("/account?a=1&b=\"") }
    }
}

fn domains() -> Vec<String> {
    vec![".tidepool.example".to_owned(), ".shell.example".to_owned()]
}
