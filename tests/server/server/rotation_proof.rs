//! `com.atproto.server.createAccount` with a proof by a rotation key, where no old host can speak for
//! the account any more

use crypto::{Curve, PrivateKey};
use data_encoding::BASE64URL_NOPAD;
use identity::Origin;
use identity::plc::{Content, DidKey, Operation, State};
use identity::resolve::PlcClient;
use identity::rotation_proof::{Claims, RotationProof};
use serde_json::json;
use syntax::Did;

use crate::harness::{Answer, Pds};
use crate::identity::directory;

const METHOD: &str = "com.atproto.server.createAccount";

/// An identity whose host is gone, and the keys that it left.
struct Orphan {
    did: Did,
    genesis: Operation,
    /// The owner's rotation keys.
    own: [PrivateKey; 2],
    /// The old host's.
    host: PrivateKey,
    signing: PrivateKey,
}

impl Orphan {
    async fn make(plc: &PlcClient, handle: &str) -> Self {
        let own = [Curve::Secp256k1, Curve::P256].map(PrivateKey::generate);
        let [host, signing] = [(); 2].map(|()| PrivateKey::generate(Curve::Secp256k1));
        let gone = Origin::parse("https://gone.example.com").unwrap();
        let mut state = State::of_account(&handle.parse().unwrap(), &signing.public_key(), &gone);
        state.rotation_keys = vec![key(&own[0]), key(&own[1]), key(&host)];
        let genesis = Content::genesis(state).sign(&host).unwrap();
        let did = genesis.did().unwrap();
        plc.submit(&did, &genesis).await.unwrap();
        Self { did, genesis, own, host, signing }
    }

    fn state(&self) -> State {
        self.genesis.state().unwrap()
    }

    fn claims(&self, pds: &Pds) -> Claims {
        let service = pds.did().parse().unwrap();
        Claims::new(self.did.clone(), service, METHOD.parse().unwrap(), pds.now_s())
    }

    /// Asks for an account of this identity.
    async fn claim(&self, pds: &Pds, token: &str) -> Answer {
        let input = json!({
            "did": self.did, "handle": "alice.test", "email": "alice@example.com", "password": "pw",
        });
        pds.post(METHOD).json(&input).token(token).send().await
    }
}

fn key(key: &PrivateKey) -> DidKey {
    DidKey::from(&key.public_key())
}

/// Makes a token with another header than a proof has.
fn token(typ: &str, claims: &Claims, key: &PrivateKey) -> String {
    let header = json!({ "typ": typ, "alg": key.curve().jws_algorithm() });
    let encode = |json: String| BASE64URL_NOPAD.encode(json.as_bytes());
    let claims = serde_json::to_string(claims).unwrap();
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims));
    let signature = BASE64URL_NOPAD.encode(key.sign(signed.as_bytes()).as_bytes());
    format!("{signed}.{signature}")
}

#[tokio::test]
async fn who_holds_a_rotation_key_moves_in_without_the_old_host() {
    let pds = Pds::start().await;
    let plc = directory(&pds);
    let alice = Orphan::make(&plc, "alice.gone.example.com").await;
    let made = alice.claim(&pds, &alice.claims(&pds).sign(&alice.own[0])).await.ok();
    let session = pds.get("com.atproto.server.getSession");
    let session = session.token(made["accessJwt"].as_str().unwrap()).send().await.ok();
    assert_eq!((&session["did"], &session["active"]), (&json!(alice.did), &json!(false)));
    // To come again, with whichever key, is to go on; nothing was changed of the identity.
    let again = alice.claim(&pds, &alice.claims(&pds).sign(&alice.own[1])).await.ok();
    assert_eq!(again["did"], made["did"]);
    assert_eq!(plc.last_operation(&alice.did).await.unwrap(), alice.genesis);
    // A host has the key of the accounts that it made, and may come for them.
    alice.claim(&pds, &alice.claims(&pds).sign(&alice.host)).await.ok();
}

#[tokio::test]
async fn what_proves_nothing_is_refused_by_name() {
    let pds = Pds::start().await;
    let plc = directory(&pds);
    let alice = Orphan::make(&plc, "alice.gone.example.com").await;
    let mallory = Orphan::make(&plc, "mallory.gone.example.com").await;
    let own = &alice.own[0];
    let edited = |edit: &dyn Fn(&mut Claims)| {
        let mut claims = alice.claims(&pds);
        edit(&mut claims);
        claims.sign(own)
    };
    let service = |by: &PrivateKey| token("JWT", &alice.claims(&pds), by);
    let proof = |by: &PrivateKey| alice.claims(&pds).sign(by);
    let now_s = pds.now_s();
    let web = "did:web:alice.example.com";
    for (what, token, name) in [
        ("a stranger's key", proof(&mallory.own[0]), "BadJwtIss"),
        ("the repository's key", proof(&alice.signing), "BadJwtIss"),
        ("a proof of another identity", mallory.claims(&pds).sign(own), "BadJwtIss"),
        ("expired", edited(&|c| (c.iat, c.exp) = (now_s - 300, now_s)), "JwtExpired"),
        ("good for long", edited(&|c| c.exp = now_s + 3600), "BadJwt"),
        ("from the future", edited(&|c| (c.iat, c.exp) = (now_s + 90, now_s + 95)), "BadJwt"),
        ("another host", edited(&|c| c.aud = web.parse().unwrap()), "BadJwtAudience"),
        (
            "another method",
            edited(&|c| c.lxm = "com.atproto.repo.uploadBlob".parse().unwrap()),
            "BadJwtLexiconMethod",
        ),
        ("no did:plc", edited(&|c| c.iss = web.parse().unwrap()), "BadJwtIss"),
        ("a service's token, by a rotation key", service(own), "BadJwtSignature"),
        (
            "a proof without its key's name",
            token(identity::rotation_proof::TYPE, &alice.claims(&pds), own),
            "BadJwt",
        ),
    ] {
        let refusal = alice.claim(&pds, &token).await.refusal();
        assert_eq!(refusal, (401, name.to_owned()), "{what}");
    }
    // A good proof of one identity opens no account of another.
    let other = mallory.claims(&pds).sign(&mallory.own[0]);
    let refusal = alice.claim(&pds, &other).await.refusal();
    assert_eq!(refusal, (401, "AuthenticationRequired".to_owned()));
    alice.claim(&pds, &proof(own)).await.ok();
}

#[tokio::test]
async fn a_proof_is_no_token_for_a_service() {
    let pds = Pds::start().await;
    let alice = Orphan::make(&directory(&pds), "alice.gone.example.com").await;
    // What a service would take is signed with the repository's key.
    let good = token("JWT", &alice.claims(&pds), &alice.signing);
    assert!(!RotationProof::is_one(&good));
    alice.claim(&pds, &good).await.ok();
    for by in [&alice.signing, &alice.own[0]] {
        let mut claims = alice.claims(&pds);
        claims.lxm = "com.atproto.repo.uploadBlob".parse().unwrap();
        let ask = pds.post("com.atproto.repo.uploadBlob").body("text/plain", "text");
        let refusal = ask.token(&claims.sign(by)).send().await.refusal();
        assert_eq!(refusal, (401, "BadJwtType".to_owned()));
    }
}

#[tokio::test]
async fn keys_that_were_taken_away_or_never_held_prove_nothing() {
    let pds = Pds::start().await;
    let plc = directory(&pds);
    let alice = Orphan::make(&plc, "alice.gone.example.com").await;
    let stolen = PrivateKey::generate(Curve::Secp256k1);

    // The old host gives somebody a key, and the owner takes that back.
    let mut state = alice.state();
    state.rotation_keys.insert(2, key(&stolen));
    let taken = Content::update(&alice.genesis, state).sign(&alice.host).unwrap();
    plc.submit(&alice.did, &taken).await.unwrap();
    alice.claim(&pds, &alice.claims(&pds).sign(&stolen)).await.ok();
    let mut state = alice.state();
    state.rotation_keys.truncate(1);
    let undone = Content::update(&alice.genesis, state).sign(&alice.own[0]).unwrap();
    plc.submit(&alice.did, &undone).await.unwrap();

    // What the directory says now counts, not what was heard of it a moment ago.
    for former in [&stolen, &alice.own[1], &alice.host] {
        let refusal = alice.claim(&pds, &alice.claims(&pds).sign(former)).await.refusal();
        assert_eq!(refusal, (401, "BadJwtIss".to_owned()));
    }
    alice.claim(&pds, &alice.claims(&pds).sign(&alice.own[0])).await.ok();
}
