//! How the server shows itself to people.

use crate::{Assets, Image, Link};

/// What an operator has set, and the files that pages need.
#[derive(Debug, Clone)]
pub struct Look {
    /// What the server is called.
    pub name: String,
    /// The operator's image; a shell of ours if absent.
    pub logo: Option<Image<'static>>,
    /// Where people read about the server; `/` if absent.
    pub home: Option<Link<'static>>,
    /// Where people get help.
    pub support: Option<Link<'static>>,
    /// What users can read about privacy.
    pub privacy: Option<Link<'static>>,
    /// What users agree to.
    pub terms: Option<Link<'static>>,
    /// The files, under the operator's colour.
    pub assets: Assets,
}

impl Look {
    /// Makes a look of which nothing is set but the name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            logo: None,
            home: None,
            support: None,
            privacy: None,
            terms: None,
            assets: Assets::new(None),
        }
    }

    pub(crate) fn home(&self) -> String {
        self.home.as_ref().map_or_else(|| "/".to_owned(), ToString::to_string)
    }
}
