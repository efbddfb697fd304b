//! `com.atproto.admin.sendEmail`

use serde_json::{Value, json};

use super::call;
use crate::harness::{Pds, TestAccount};
use crate::mail::Post;

fn input(to: &TestAccount, content: &str) -> Value {
    json!({ "recipientDid": to.did, "content": content, "senderDid": "did:web:mod.example.com" })
}

#[tokio::test]
async fn an_owner_is_written_to() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let answer = call(&pds, "sendEmail", &input(&alice, "<p>Hello</p>")).await.ok();
    assert_eq!(answer, json!({ "sent": true }));
    let mail = ("Message via your PDS".to_owned(), "<p>Hello</p>".to_owned());
    assert_eq!(pds.mails(&alice.email).await, [mail]);

    let nobody = TestAccount { did: "did:web:nobody.example.com".to_owned(), ..alice.clone() };
    let refusal = call(&pds, "sendEmail", &input(&nobody, "x")).await;
    assert_eq!(refusal.refusal(), (400, "InvalidRequest".to_owned()));
    assert_eq!(refusal.message(), "Recipient not found");
    let mut lines = input(&alice, "x");
    lines["subject"] = json!("Hello\r\nBcc: everybody@example.com");
    let refusal = call(&pds, "sendEmail", &lines).await.refusal();
    assert_eq!(refusal, (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn moderators_mail_goes_by_their_server_and_in_their_words() {
    let (ordinary, theirs) = (Post::open().await, Post::open().await);
    let pds = Pds::start_with(|config| {
        config.mail.smtp_url = Some(ordinary.url.as_str().into());
        config.mail.from = Some("Shells <shells@example.com>".to_owned());
        config.mail.moderation_smtp_url = Some(theirs.url.as_str().into());
        config.mail.moderation_from = Some("Moderators <mods@example.com>".to_owned());
    })
    .await;
    let alice = pds.account("alice").await;
    let mut input = input(&alice, "<p>Your post was <b>hidden</b> &amp; kept.</p>");
    input["subject"] = json!("About your post");
    call(&pds, "sendEmail", &input).await.ok();
    pds.post("com.atproto.server.requestAccountDelete").by(&alice).send().await.ok();

    let (to, mail) = theirs.mails_when(1).await.remove(0);
    assert_eq!(to, alice.email);
    for part in [
        "From: Moderators <mods@example.com>",
        "Subject: About your post",
        "Your post was hidden & kept.",
        "<p>Your post was <b>hidden</b> &amp; kept.</p>",
    ] {
        assert!(mail.contains(part), "{part} in {mail}");
    }
    assert!(!mail.contains("Auto-Submitted"), "somebody wrote it: {mail}");
    let (_, mail) = ordinary.mails_when(1).await.remove(0);
    assert!(mail.contains("From: Shells <shells@example.com>"), "{mail}");
    assert_eq!((ordinary.mails().len(), theirs.mails().len()), (1, 1));
}
