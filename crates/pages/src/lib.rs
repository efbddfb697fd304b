//! What people see in a browser: pages, texts in their languages, and one stylesheet.
//!
//! A page is a struct of plain data that is [rendered](Page::render) to HTML. Nothing is decided here:
//! which page it is, what is on it and what becomes of its forms is the server's to know. There is no
//! HTTP, no database and no clock.
//!
//! What holds for every page:
//! - It works without scripts, but for making a key in the browser. Scripts and styles are files of
//!   their own ([`Assets`]), so that [`CONTENT_SECURITY_POLICY`] forbids all others.
//! - Forms are sent by `POST` with a field `csrf`. Which further fields a form has stands at its view.
//! - What others wrote is a [`Said`]: cut, cleaned and isolated, whatever is in it.
//! - Where forms and links lead is in [`path`].

mod asset;
mod color;
mod frame;
mod lang;
mod link;
mod look;
mod markup;
mod notice;
mod problem;
mod said;
mod text;
mod user_agent;
mod when;

pub mod account;
pub mod authorize;
pub mod moving;
pub mod path;
pub mod permission;

pub use crate::asset::{Asset, Assets, CONTENT_SECURITY_POLICY};
pub use crate::color::Color;
pub use crate::frame::Frame;
pub use crate::lang::Lang;
pub use crate::link::{Image, Link, Target};
pub use crate::look::Look;
pub use crate::notice::Notice;
pub use crate::problem::{Input, Problem, Problems};
pub use crate::said::{Id, Json, Name, Said, Sentence};
pub use crate::when::When;

/// A page that can be shown.
pub trait Page {
    /// Returns what the page is called, in its language.
    fn title(&self) -> String;

    /// Returns the page as HTML.
    fn render(&self) -> String;
}

/// Makes views pages: the struct, and its title by the language.
macro_rules! page {
    ($view:ident, |$page:ident| $title:expr) => {
        impl $view<'_> {
            /// The language, by a name that is short enough for templates.
            pub(crate) fn t(&self) -> crate::Lang {
                self.frame.lang
            }

            pub(crate) fn heading(&self) -> String {
                let $page = self;
                String::from($title)
            }
        }

        impl crate::Page for $view<'_> {
            fn title(&self) -> String {
                self.heading()
            }

            fn render(&self) -> String {
                askama::Template::render(self)
                    .expect("a page that is written to memory has no error")
            }
        }
    };
}
pub(crate) use page;
