//! `com.atproto.server.getServiceAuth`, `reserveSigningKey`, and moving in with a token of one's own

use crypto::PublicKey;
use identity::document::Document;
use serde_json::{Value, json};

use crate::harness::{Answer, Pds, TestAccount};

async fn token(pds: &Pds, by: &TestAccount, params: &[(&str, String)]) -> Answer {
    let mut ask = pds.get("com.atproto.server.getServiceAuth").by(by);
    for (name, value) in params {
        ask = ask.param(name, value);
    }
    ask.send().await
}

/// Checks a token's signature and returns what it says.
fn read(token: &str, key: &PublicKey) -> Value {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let decode = |part: &str| data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
    key.verify(signed.as_bytes(), &decode(signature)).unwrap();
    serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap()
}

#[tokio::test]
async fn a_token_speaks_for_the_account_at_one_service() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let document = pds.get("com.atproto.repo.describeRepo").param("repo", &alice.did).send().await;
    let document = Document::parse(document.ok()["didDoc"].to_string().as_bytes()).unwrap();
    let key = document.signing_key().unwrap();

    let (aud, lxm) = ("did:web:video.test", "com.atproto.repo.uploadBlob");
    let given = [("aud", aud.to_owned()), ("lxm", lxm.to_owned())];
    let answer = token(&pds, &alice, &given).await.ok();
    let claims = read(answer["token"].as_str().unwrap(), &key);
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["lxm"]),
        (&json!(alice.did), &json!(aud), &json!(lxm))
    );
    let time = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!((time, claims["jti"].as_str().unwrap().len()), (60, 32));

    let now = pds.now_s();
    let at = |seconds: u64| (now + seconds).to_string();
    let cases: [(&[(&str, String)], &str); 10] = [
        (&[("aud", "video.test".to_owned())], "InvalidRequest"),
        (&[("aud", "did:key:zabc".to_owned())], "InvalidRequest"),
        (&[("aud", format!("{aud}#"))], "InvalidRequest"),
        (&[("aud", aud.to_owned()), ("exp", (now - 5).to_string())], "BadExpiration"),
        (&[("aud", aud.to_owned()), ("exp", "-1".to_owned())], "BadExpiration"),
        (&[("aud", aud.to_owned()), ("exp", at(70))], "BadExpiration"),
        (&[("aud", aud.to_owned()), ("exp", at(3700)), ("lxm", lxm.to_owned())], "BadExpiration"),
        (
            &[("aud", aud.to_owned()), ("lxm", "com.atproto.server.getSession".to_owned())],
            "InvalidRequest",
        ),
        (
            &[("aud", aud.to_owned()), ("lxm", "com.atproto.server.GETSESSION".to_owned())],
            "InvalidRequest",
        ),
        (&[], "InvalidRequest"),
    ];
    for (params, name) in cases {
        let refusal = token(&pds, &alice, params).await.refusal();
        assert_eq!(refusal, (400, name.to_owned()), "{params:?}");
    }
    for params in [
        vec![("aud", format!("{aud}#atproto_labeler"))],
        vec![("aud", aud.to_owned()), ("exp", at(50))],
        vec![("aud", aud.to_owned()), ("exp", at(3500)), ("lxm", lxm.to_owned())],
    ] {
        token(&pds, &alice, &params).await.ok();
    }
}

#[tokio::test]
async fn a_reserved_key_is_the_same_for_the_same_identity() {
    let pds = Pds::start().await;
    let reserve = async |input: Value| {
        let answer = pds.post("com.atproto.server.reserveSigningKey").json(&input).send().await;
        answer.ok()["signingKey"].as_str().unwrap().to_owned()
    };
    let did = json!({ "did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz" });
    let first = reserve(did.clone()).await;
    assert!(first.starts_with("did:key:zQ3s"));
    assert_eq!(reserve(did).await, first);
    assert_ne!(reserve(json!({})).await, reserve(json!({})).await);
}

#[tokio::test]
async fn somebody_moves_in_with_a_token_of_the_identity() {
    let old = Pds::start().await;
    let alice = old.account("alice").await;
    let plc_url = old.plc_url();
    let new = Pds::start_with(|config| {
        config.plc_listen = None;
        config.plc_url = Some(plc_url.parse().unwrap());
        config.service_did = Some("did:web:new.test".parse().unwrap());
    })
    .await;
    let did = json!({ "did": alice.did });
    let reserved = new.post("com.atproto.server.reserveSigningKey").json(&did).send().await.ok();
    let given = |lxm: &str| [("aud", "did:web:new.test".to_owned()), ("lxm", lxm.to_owned())];
    let input = json!({
        "did": alice.did, "handle": "alice.test", "email": "a@example.com", "password": "pw",
    });
    let move_in = async |lxm: &str, input: &Value| {
        let token = token(&old, &alice, &given(lxm)).await.ok();
        let ask = new.post("com.atproto.server.createAccount").json(input);
        ask.token(token["token"].as_str().unwrap()).send().await
    };
    let other = move_in("com.atproto.repo.uploadBlob", &input).await;
    assert_eq!(other.refusal(), (401, "BadJwtLexiconMethod".to_owned()));
    let mut stranger = input.clone();
    stranger["did"] = json!("did:plc:ewvi7nxzyoun6zhxrhs64oiz");
    let stranger = move_in("com.atproto.server.createAccount", &stranger).await;
    assert_eq!(stranger.refusal(), (401, "AuthenticationRequired".to_owned()));

    let made = move_in("com.atproto.server.createAccount", &input).await.ok();
    assert_eq!(made["did"], json!(alice.did));
    // An answer may be lost, or a move broken off: to come again is to go on.
    let again = move_in("com.atproto.server.createAccount", &input).await.ok();
    assert_eq!(again["did"], made["did"]);
    let unproven = new.post("com.atproto.server.createAccount").json(&input).send().await;
    assert_eq!(unproven.refusal(), (401, "AuthenticationRequired".to_owned()));
    let ended = made["refreshJwt"].as_str().unwrap();
    let ended = new.post("com.atproto.server.refreshSession").token(ended).send().await;
    assert_eq!(ended.refusal(), (400, "ExpiredToken".to_owned()));
    let access = again["accessJwt"].as_str().unwrap();
    let ask = |name: &str| new.get(name).token(access).send();
    let session = ask("com.atproto.server.getSession").await.ok();
    assert_eq!((&session["active"], &session["status"]), (&json!(false), &json!("deactivated")));
    let status = ask("com.atproto.server.checkAccountStatus").await.ok();
    assert_eq!((&status["activated"], &status["validDid"]), (&json!(false), &json!(false)));
    let credentials = ask("com.atproto.identity.getRecommendedDidCredentials").await.ok();
    assert_eq!(credentials["verificationMethods"]["atproto"], reserved["signingKey"]);
    let early = new.post("com.atproto.server.activateAccount").token(access).send().await;
    assert_eq!(early.refusal(), (400, "InvalidRequest".to_owned()));
}
