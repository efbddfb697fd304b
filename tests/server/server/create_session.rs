//! `com.atproto.server.createSession`

use serde_json::json;

use crate::harness::Pds;

#[tokio::test]
async fn an_account_goes_by_handle_did_and_address() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    for identifier in [&alice.handle, &alice.did, &alice.email, "ALICE.test", "@alice.test"] {
        let session = pds.sign_in(identifier, &alice.password).await;
        assert_eq!(session["did"], json!(alice.did), "{identifier}");
        assert_eq!(session["active"], json!(true));
        assert_eq!(session["emailConfirmed"], json!(false));
    }
}

#[tokio::test]
async fn nobody_is_told_which_of_name_and_password_is_wrong() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let mut answers = Vec::new();
    for (identifier, password) in [
        (alice.handle.as_str(), "other"),
        ("nobody.test", alice.password.as_str()),
        ("no handle", ""),
        (&alice.did, "abcd-abcd-abcd-abcd"),
        (&alice.did, &"x".repeat(600)),
    ] {
        let input = json!({ "identifier": identifier, "password": password });
        let answer = pds.post("com.atproto.server.createSession").json(&input).send().await;
        assert_eq!(answer.refusal(), (401, "AuthenticationRequired".to_owned()));
        answers.push(answer.text());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}
