//! What is wrong with how mail is set up, in words.

use std::io;

use lettre::message::Mailbox;
use lettre::transport::smtp;

use super::SendError;
use crate::failure::chain;

/// Says what is wrong, and what could be done.
pub(super) fn explain(error: &SendError, from: &Mailbox) -> String {
    let hint = match error {
        SendError::Malformed(_) => "is the recipient an address?".to_owned(),
        SendError::Sendmail(_) => "is the program sendmail here, and does it send mail?".to_owned(),
        SendError::Smtp(error) => of_smtp(error, from),
    };
    format!("{}\n{hint}", chain(error))
}

fn of_smtp(error: &smtp::Error, from: &Mailbox) -> String {
    if let Some(code) = error.status() {
        return of_code(u16::from(code), from);
    }
    if error.is_timeout() {
        return "it did not answer in time: many networks do not let port 25 through; try 465 \
                (smtps://) or 587 (smtp://)"
            .to_owned();
    }
    let kind = io_kind(error);
    // What TLS cannot read comes as an error of the connection.
    if error.is_tls() || kind == Some(io::ErrorKind::InvalidData) {
        return "TLS failed: port 465 wants smtps://, port 587 smtp://, and the host's name has to be \
                the one in its certificate"
            .to_owned();
    }
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => {
            "nothing listens there: is the port right? 465 is for smtps://, 587 for smtp://"
        }
        Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
            "it did not answer in time: many networks do not let port 25 through"
        }
        _ => "is the host's name right, and can it be reached from here?",
    }
    .to_owned()
}

fn of_code(code: u16, from: &Mailbox) -> String {
    match code {
        530 | 534 | 535 | 538 => "the user name and password in mail.smtp_url are not taken: some \
                                  providers want a password made for programs"
            .to_owned(),
        550 | 551 | 553 | 554 => format!(
            "it refuses the sender {} or the recipient: is the sender an address that this user may \
             send from, and does its domain's SPF record name the mail server?",
            from.email
        ),
        421 | 450..=452 => "it cannot now; mails are kept and tried again for a day".to_owned(),
        _ => "its words are above".to_owned(),
    }
}

/// Finds the error of the system at the bottom.
fn io_kind(error: &smtp::Error) -> Option<io::ErrorKind> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}
