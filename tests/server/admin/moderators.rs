//! Who may moderate: the operator, and the moderation service with tokens of its own

use crypto::{Curve, PrivateKey};
use data_encoding::BASE64URL_NOPAD;
use identity::plc::{Content, DidKey, Operation, State};
use serde_json::{Value, json};
use server::config::Upstream;
use syntax::Did;

use super::repo;
use crate::harness::{Answer, Pds, TestAccount};
use crate::identity::directory;

/// A service with an identity in the directory, and its two keys.
struct Service {
    did: Did,
    genesis: Operation,
    atproto: PrivateKey,
    label: PrivateKey,
}

/// What a token says.
#[derive(Clone)]
struct Token<'a> {
    typ: &'a str,
    iss: String,
    aud: String,
    lxm: Option<String>,
    exp: u64,
    key: &'a PrivateKey,
}

impl Service {
    fn new() -> Self {
        let [atproto, label] = [(); 2].map(|()| PrivateKey::generate(Curve::Secp256k1));
        let name_key =
            |(name, key): (&str, &PrivateKey)| (name.to_owned(), DidKey::from(&key.public_key()));
        let state = State {
            rotation_keys: vec![DidKey::from(&atproto.public_key())],
            verification_methods: [("atproto", &atproto), ("atproto_label", &label)]
                .map(name_key)
                .into(),
            ..State::default()
        };
        let genesis = Content::genesis(state).sign(&atproto).unwrap();
        Self { did: genesis.did().unwrap(), genesis, atproto, label }
    }

    async fn publish(&self, pds: &Pds) {
        directory(pds).submit(&self.did, &self.genesis).await.unwrap();
    }

    /// A good token for a method.
    fn token(&self, pds: &Pds, method: &str) -> Token<'_> {
        Token {
            typ: "JWT",
            iss: self.did.to_string(),
            aud: pds.did().to_owned(),
            lxm: Some(format!("com.atproto.admin.{method}")),
            exp: pds.now_s() + 60,
            key: &self.atproto,
        }
    }
}

impl Token<'_> {
    fn sign(&self) -> String {
        let header = json!({ "typ": self.typ, "alg": "ES256K" });
        let mut claims = json!({ "iss": self.iss, "aud": self.aud, "exp": self.exp, "iat": 1 });
        if let Some(lxm) = &self.lxm {
            claims["lxm"] = json!(lxm);
        }
        let encode = |json: Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = BASE64URL_NOPAD.encode(self.key.sign(signed.as_bytes()).as_bytes());
        format!("{signed}.{signature}")
    }
}

/// Starts a server that trusts a service, which others do not know yet.
async fn start() -> (Pds, Service) {
    let service = Service::new();
    let did = service.did.clone();
    let pds = Pds::start_with(|config| {
        let url = "https://mod.example.com".parse().unwrap();
        config.moderation = Some(Upstream { url, did });
    })
    .await;
    service.publish(&pds).await;
    (pds, service)
}

async fn status(pds: &Pds, of: &TestAccount, token: &Token<'_>) -> Answer {
    let ask = pds.get("com.atproto.admin.getSubjectStatus").param("did", &of.did);
    ask.token(&token.sign()).send().await
}

#[tokio::test]
async fn the_moderation_service_moderates_with_either_of_its_keys() {
    let (pds, service) = start().await;
    let alice = pds.account("alice").await;
    let input = json!({
        "subject": repo(&alice), "takedown": { "applied": true, "ref": "test-repo" },
    });
    let ask = pds.post("com.atproto.admin.updateSubjectStatus").json(&input);
    ask.token(&service.token(&pds, "updateSubjectStatus").sign()).send().await.ok();
    let good = service.token(&pds, "getSubjectStatus");
    let labeler = Token {
        iss: format!("{}#atproto_labeler", service.did),
        key: &service.label,
        aud: format!("{}#atproto_pds", pds.did()),
        ..good.clone()
    };
    for token in [good, labeler] {
        let answer = status(&pds, &alice, &token).await.ok();
        assert_eq!(answer["subject"], repo(&alice));
        assert_eq!(answer["takedown"]["ref"], json!("test-repo"));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said() {
    let (pds, service) = start().await;
    let (alice, other) = (pds.account("alice").await, Service::new());
    other.publish(&pds).await;
    let good = service.token(&pds, "getSubjectStatus");
    status(&pds, &alice, &good).await.ok();
    let labeler = format!("{}#atproto_labeler", service.did);
    let cases = [
        (
            "another service",
            Token { iss: other.did.to_string(), key: &other.atproto, ..good.clone() },
            "UntrustedIss",
        ),
        (
            "another's labeler",
            Token {
                iss: format!("{}#atproto_labeler", other.did),
                key: &other.label,
                ..good.clone()
            },
            "UntrustedIss",
        ),
        (
            "another fragment",
            Token { iss: format!("{}#atproto", service.did), ..good.clone() },
            "UntrustedIss",
        ),
        (
            "a longer name",
            Token { iss: format!("{}a", service.did), ..good.clone() },
            "UntrustedIss",
        ),
        ("another's key", Token { key: &other.atproto, ..good.clone() }, "BadJwtSignature"),
        ("the labeler's key", Token { key: &service.label, ..good.clone() }, "BadJwtSignature"),
        ("not the labeler's key", Token { iss: labeler, ..good.clone() }, "BadJwtSignature"),
        ("another host", Token { aud: alice.did.clone(), ..good.clone() }, "BadJwtAudience"),
        (
            "another fragment of ours",
            Token { aud: format!("{}#other", pds.did()), ..good.clone() },
            "BadJwtAudience",
        ),
        (
            "another method",
            Token { lxm: Some("com.atproto.admin.getAccountInfo".to_owned()), ..good.clone() },
            "BadJwtLexiconMethod",
        ),
        ("no method", Token { lxm: None, ..good.clone() }, "BadJwtLexiconMethod"),
        ("an old one", Token { exp: pds.now_s() - 1, ..good.clone() }, "JwtExpired"),
        ("a session's", Token { typ: "at+jwt", ..good.clone() }, "BadJwtType"),
    ];
    for (what, token, name) in cases {
        let refusal = status(&pds, &alice, &token).await.refusal();
        assert_eq!(refusal, (401, name.to_owned()), "{what}");
    }
    let ask = pds.get("com.atproto.admin.getSubjectStatus").param("did", &alice.did);
    assert_eq!(ask.by(&alice).send().await.refusal().0, 401);
}

#[tokio::test]
async fn where_no_service_is_trusted_none_is() {
    let (pds, service) = (Pds::start().await, Service::new());
    service.publish(&pds).await;
    let alice = pds.account("alice").await;
    let refusal = status(&pds, &alice, &service.token(&pds, "getSubjectStatus")).await;
    assert_eq!(refusal.refusal(), (401, "UntrustedIss".to_owned()));
    let refusal = pds.get("com.atproto.admin.getSubjectStatus").param("did", &alice.did);
    assert_eq!(refusal.send().await.refusal(), (401, "AuthenticationRequired".to_owned()));
    for header in ["Token abc", "Bearer", "abc"] {
        let ask = pds.get("com.atproto.admin.getSubjectStatus").param("did", &alice.did);
        let refusal = ask.header("authorization", header).send().await.refusal();
        assert_eq!(refusal, (400, "InvalidToken".to_owned()), "{header}");
    }
}

/// Each method, whether moderators may call it, and what it takes.
fn methods(of: &TestAccount) -> [(&'static str, bool, Option<Value>); 15] {
    let did = &of.did;
    [
        ("getAccountInfo", true, None),
        ("getAccountInfos", true, None),
        ("getInviteCodes", true, None),
        ("getSubjectStatus", true, None),
        ("searchAccounts", true, None),
        ("updateSubjectStatus", true, Some(json!({ "subject": repo(of) }))),
        ("enableAccountInvites", true, Some(json!({ "account": did }))),
        ("disableAccountInvites", true, Some(json!({ "account": did }))),
        ("disableInviteCodes", true, Some(json!({}))),
        ("sendEmail", true, Some(json!({ "recipientDid": did, "content": "x", "senderDid": did }))),
        ("updateAccountHandle", false, Some(json!({ "did": did, "handle": "other.test" }))),
        ("updateAccountEmail", false, Some(json!({ "account": did, "email": "o@example.com" }))),
        ("updateAccountPassword", false, Some(json!({ "did": did, "password": "another" }))),
        ("updateAccountSigningKey", false, Some(json!({ "did": did, "signingKey": "did:key:z" }))),
        ("deleteAccount", false, Some(json!({ "did": did }))),
    ]
}

#[tokio::test]
async fn moderators_may_look_and_take_down_and_only_operators_change_accounts() {
    let (pds, service) = start().await;
    let alice = pds.account("alice").await;
    for (method, is_moderators, input) in methods(&alice) {
        let name = format!("com.atproto.admin.{method}");
        let ask = || match &input {
            Some(input) => pds.post(&name).json(input),
            None => pds.get(&name).param("did", &alice.did).param("dids", &alice.did),
        };
        let required = (401, "AuthenticationRequired".to_owned());
        assert_eq!(ask().send().await.refusal(), required, "{method}");
        let wrong = data_encoding::BASE64.encode(b"admin:wrong");
        let wrong = ask().header("authorization", &format!("Basic {wrong}"));
        assert_eq!(wrong.send().await.refusal(), required, "{method}");
        let answer = ask().token(&service.token(&pds, method).sign()).send().await;
        if is_moderators {
            answer.ok();
        } else {
            assert_eq!(answer.refusal(), required, "{method}");
        }
        let answer = ask().admin().send().await;
        assert_ne!(answer.status, 401, "{method}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_moderation_service_reads_all_preferences_of_an_account() {
    const METHOD: &str = "app.bsky.actor.getPreferences";
    let (pds, service) = start().await;
    let alice = pds.account("alice").await;
    let born = json!({
        "$type": "app.bsky.actor.defs#personalDetailsPref",
        "birthDate": "1990-06-01T00:00:00.000Z",
    });
    let put = pds.post("app.bsky.actor.putPreferences").by(&alice);
    put.json(&json!({ "preferences": [born] })).send().await.ok();
    let token = Token { lxm: Some(METHOD.to_owned()), ..service.token(&pds, "") };
    let read = pds.get(METHOD).param("did", &alice.did).token(&token.sign()).send().await;
    assert_eq!(read.ok()["preferences"][0], born);

    let other = Service::new();
    other.publish(&pds).await;
    let foreign = Token { iss: other.did.to_string(), key: &other.atproto, ..token.clone() };
    let refusal = pds.get(METHOD).param("did", &alice.did).token(&foreign.sign()).send().await;
    assert_eq!(refusal.refusal(), (401, "UntrustedIss".to_owned()));
    let nobody = pds.get(METHOD).token(&token.sign()).send().await;
    assert_eq!(nobody.refusal(), (400, "InvalidRequest".to_owned()));
}
