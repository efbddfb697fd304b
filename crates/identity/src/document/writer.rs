//! Writing documents.

use crypto::Curve;
use serde::Serialize;
use syntax::Did;

use crate::plc::State;

const DID_CONTEXT: &str = "https://www.w3.org/ns/did/v1";
const MULTIKEY_CONTEXT: &str = "https://w3id.org/security/multikey/v1";
const SECP256K1_CONTEXT: &str = "https://w3id.org/security/suites/secp256k1-2019/v1";
const P256_CONTEXT: &str = "https://w3id.org/security/suites/ecdsa-2019/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(rename = "@context")]
    context: Vec<&'static str>,
    id: &'a Did,
    also_known_as: &'a [String],
    verification_method: Vec<WrittenKey<'a>>,
    service: Vec<WrittenService<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenKey<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    controller: &'a Did,
    public_key_multibase: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenService<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'a str,
    service_endpoint: &'a str,
}

/// Writes the document of a DID whose state is known, as JSON.
///
/// Directories of did:plc write their documents in this form. For did:web there is no state but
/// the document; [`State::of_account`] and [`State::of_server`] make what to write. Rotation keys
/// are not part of a document.
pub fn write(did: &Did, state: &State) -> String {
    let mut context = vec![DID_CONTEXT, MULTIKEY_CONTEXT];
    for key in state.verification_methods.values() {
        // Keys of other kinds have no context that we could name.
        if let Ok(suite) = key.public_key().map(|key| suite(key.curve()))
            && !context.contains(&suite)
        {
            context.push(suite);
        }
    }
    let keys = state.verification_methods.iter().map(|(fragment, key)| WrittenKey {
        id: format!("{did}#{fragment}"),
        kind: "Multikey",
        controller: did,
        public_key_multibase: key.multibase(),
    });
    let services = state.services.iter().map(|(fragment, service)| WrittenService {
        id: format!("#{fragment}"),
        kind: &service.kind,
        service_endpoint: &service.endpoint,
    });
    let document = Written {
        context,
        id: did,
        also_known_as: &state.also_known_as,
        verification_method: keys.collect(),
        service: services.collect(),
    };
    serde_json::to_string(&document).expect("texts and lists of texts are JSON")
}

fn suite(curve: Curve) -> &'static str {
    match curve {
        Curve::Secp256k1 => SECP256K1_CONTEXT,
        Curve::P256 => P256_CONTEXT,
    }
}

#[cfg(test)]
mod tests {
    use crypto::PrivateKey;
    use serde_json::{Value, json};

    use super::*;
    use crate::document::Document;
    use crate::plc::DidKey;

    #[test]
    fn an_account_is_written_and_read_back() {
        let key = PrivateKey::generate(Curve::P256).public_key();
        let pds = "https://pds.test".parse().unwrap();
        let mut state = State::of_account(&"alice.test".parse().unwrap(), &key, &pds);
        state.rotation_keys.push(DidKey::from(&key));
        let did: Did = "did:web:alice.test".parse().unwrap();
        let text = write(&did, &state);
        let written: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            written,
            json!({
                "@context": [DID_CONTEXT, MULTIKEY_CONTEXT, P256_CONTEXT],
                "id": "did:web:alice.test",
                "alsoKnownAs": ["at://alice.test"],
                "verificationMethod": [{
                    "id": "did:web:alice.test#atproto",
                    "type": "Multikey",
                    "controller": "did:web:alice.test",
                    "publicKeyMultibase": key.to_multikey(),
                }],
                "service": [{
                    "id": "#atproto_pds",
                    "type": "AtprotoPersonalDataServer",
                    "serviceEndpoint": "https://pds.test",
                }],
            })
        );
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(document.did(), &did);
        assert_eq!(document.handle().unwrap(), "alice.test");
        assert_eq!(document.signing_key(), Some(key));
        assert_eq!(document.pds_endpoint(), Some(pds));
    }

    #[test]
    fn each_suite_has_its_context_once() {
        let mut state = State::of_server(&"https://pds.test".parse().unwrap());
        let did: Did = "did:web:pds.test".parse().unwrap();
        let contexts = |state: &State| -> Vec<String> {
            let written: Value = serde_json::from_str(&write(&did, state)).unwrap();
            serde_json::from_value(written["@context"].clone()).unwrap()
        };
        assert_eq!(contexts(&state), [DID_CONTEXT, MULTIKEY_CONTEXT]);
        for (fragment, curve) in
            [("a", Curve::Secp256k1), ("b", Curve::P256), ("c", Curve::Secp256k1)]
        {
            let key = PrivateKey::generate(curve).public_key();
            state.verification_methods.insert(fragment.to_owned(), DidKey::from(&key));
        }
        let other = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
        state.verification_methods.insert("d".to_owned(), DidKey::new(other));
        let all = [DID_CONTEXT, MULTIKEY_CONTEXT, SECP256K1_CONTEXT, P256_CONTEXT];
        assert_eq!(contexts(&state), all);
    }
}
