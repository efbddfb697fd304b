//! Going back to an application.

use askama::Template;

use crate::authorize::App;
use crate::{Frame, Target, page};

/// The page that leads back, for browsers that do not follow a redirect into an application.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/redirecting.html")]
pub struct Redirecting<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Which application.
    pub app: &'a App<'a>,
    /// Where it wants people back.
    pub target: Target<'a>,
}

/// The page that sends the answer as a form, for applications that want it so. Without scripts, a button
/// does it.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/form_post.html")]
pub struct FormPost<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Which application.
    pub app: &'a App<'a>,
    /// Where the form is sent.
    pub target: Target<'a>,
    /// The fields.
    pub fields: &'a [(&'a str, &'a str)],
}

page!(Redirecting, |page| page.t().redirecting_title());
page!(FormPost, |page| page.t().redirecting_title());
