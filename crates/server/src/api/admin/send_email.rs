//! `com.atproto.admin.sendEmail`: writes to the owner of an account.
//!
//! Lexicon: `lexicons/com/atproto/admin/sendEmail.json`.

use lexicon::com::atproto::admin::send_email::{Input, Output};

use super::account;
use crate::caller::Moderator;
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;

/// What a mail is called for which nothing better was said.
const SUBJECT: &str = "Message via your PDS";
/// The most bytes of a subject.
const SUBJECT_BYTES_MAX: usize = 500;

/// Puts the mail, which is HTML, where it is sent from. `sent` says that it will be: it is tried for a
/// day.
pub(super) async fn send_email(
    pds: Pds,
    moderator: Moderator,
    input: Input,
) -> Result<Output, Failure> {
    let Input { recipient_did, content, subject, .. } = input;
    let subject = subject.unwrap_or_else(|| SUBJECT.to_owned());
    if subject.len() > SUBJECT_BYTES_MAX || subject.contains(char::is_control) {
        return Err(Failure::invalid_request("subject is too long, or has more than one line"));
    }
    let did = recipient_did.clone();
    let post = pds.store.write(move |tx| {
        let account =
            account(tx, &did).map_err(|_| Refusal::invalid_request("Recipient not found"))?;
        let missing = "account does not have an email address";
        let email = account.email.ok_or_else(|| Refusal::invalid_request(missing))?;
        tx.post_moderators_mail(&email, &subject, &content).map_err(Fault::from)
    });
    let mail = post.await?;
    tracing::info!(did = %recipient_did, mail, by = moderator.name(), "moderators wrote to an owner");
    Ok(Output { sent: true })
}
