//! What stands around every page.

use crate::{Lang, Look};

/// What stands around a page, and goes into its forms.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// How the server shows itself.
    pub look: &'a Look,
    /// The language of the page.
    pub lang: Lang,
    /// What proves that a form was sent from a page of ours: the field `csrf` of every form.
    pub csrf: &'a str,
    /// The path and query of this page, to come back to in another language: the field `back` of a form
    /// that is sent to [`path::LANGUAGE`](crate::path::LANGUAGE), with the field `lang`. Other languages
    /// are not offered if absent.
    pub here: Option<&'a str>,
}

impl Frame<'_> {
    /// Returns the languages that are offered.
    pub(crate) fn other_languages(&self) -> impl Iterator<Item = Lang> {
        Lang::ALL.into_iter().filter(|lang| *lang != self.lang)
    }
}
