//! `com.atproto.server.describeServer`, and what else shows how the operator has set the server up

use serde_json::json;

use crate::harness::Pds;

#[tokio::test]
async fn a_server_tells_what_its_operator_has_set() {
    let pds = Pds::start_with(|config| {
        config.invite_required = true;
        config.contact_email = Some("help@example.com".to_owned());
        config.privacy_policy_url = Some("https://example.com/privacy".parse().unwrap());
        config.terms_of_service_url = Some("https://example.com/terms".parse().unwrap());
        config.limits.blob_bytes = 1000;
    })
    .await;
    let told = pds.get("com.atproto.server.describeServer").send().await.ok();
    let expected = json!({
        "did": "did:web:localhost",
        "availableUserDomains": [".test"],
        "inviteCodeRequired": true,
        "blobUploadLimit": 1000,
        "links": {
            "privacyPolicy": "https://example.com/privacy",
            "termsOfService": "https://example.com/terms",
        },
        "contact": { "email": "help@example.com" },
    });
    assert_eq!(told, expected);
    let told = Pds::start().await.get("com.atproto.server.describeServer").send().await.ok();
    assert_eq!((&told["links"], &told["contact"]), (&json!({}), &json!({})));
    assert!(told.get("phoneVerificationRequired").is_none());
}

#[tokio::test]
async fn letters_and_the_first_page_say_whose_server_it_is() {
    let pds = Pds::start_with(|config| {
        config.branding.name = Some("Shells".to_owned());
        config.branding.home_url = Some("https://shells.example/about".parse().unwrap());
        config.branding.support_url = Some("https://shells.example/help".parse().unwrap());
    })
    .await;
    let alice = pds.account("alice").await;
    pds.post("com.atproto.server.requestEmailConfirmation").by(&alice).send().await.ok();
    let (_, letter) = pds.mails(&alice.email).await.swap_remove(0);
    let end = "\n\nShells\nhttps://shells.example/about\n\nHelp:\nhttps://shells.example/help\n";
    assert!(letter.ends_with(end), "{letter}");
    let page = pds.get("/").send().await;
    assert_eq!(page.headers["content-type"], "text/plain; charset=utf-8");
    let page = page.text();
    for part in ["Shells\n\nThis is Pagurus", "Help: https://shells.example/help"] {
        assert!(page.contains(part), "{page}");
    }
    let page = Pds::start().await.get("/").send().await.text();
    assert!(page.starts_with("This is Pagurus") && !page.contains("Help:"), "{page}");
}
