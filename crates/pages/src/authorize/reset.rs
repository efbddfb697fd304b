//! A new password for those who have forgotten theirs.

use askama::Template;

use crate::{Frame, Id, Problems, page, path};

/// The form that asks for a code.
///
/// It is sent to [`RESET`](crate::path::RESET) with `email`, and `request` if an application waits.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/forgot_password.html")]
pub struct ForgotPassword<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// The request of the application that waits, if one does.
    pub request: Option<&'a str>,
    /// The address that they typed.
    pub email: Id<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
}

/// The form for the code and the new password. It says the same whether there is such an account or
/// not.
///
/// It is sent to [`RESET_CONFIRM`](crate::path::RESET_CONFIRM) with `code`, `new_password`, and `request`
/// if an application waits.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/reset_password.html")]
pub struct ResetPassword<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// The request of the application that waits, if one does.
    pub request: Option<&'a str>,
    /// Where the code was mailed to, if they have just typed it.
    pub email: Option<Id<'a>>,
    /// The code, if they followed a link that has it.
    pub code: Id<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
}

/// Says that the password has changed.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/password_updated.html")]
pub struct PasswordUpdated<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// The request of the application that waits, if one does.
    pub request: Option<&'a str>,
}

/// Returns where signing in goes on.
fn sign_in_link(request: &Option<&str>) -> String {
    let prefix = request.map_or(path::ACCOUNT, |_| path::AUTHORIZE);
    path::with_request(&format!("{prefix}{}", path::SIGN_IN), request)
}

page!(ForgotPassword, |page| page.t().forgot_title());
page!(ResetPassword, |page| page.t().reset_title());
page!(PasswordUpdated, |page| page.t().updated_title());
