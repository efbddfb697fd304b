//! Reading documents. Nothing in here trusts a byte of them.

use crypto::VerificationMethod;
use serde_json::{Map, Value};
use syntax::Did;

use crate::document::{DOCUMENT_BYTES_MAX, Document, DocumentError, Key, Service};

/// The most entries of each list. Directories allow ten.
const ENTRIES_MAX: usize = 256;

pub(super) fn read(bytes: &[u8]) -> Result<Document, DocumentError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(DocumentError::TooLarge);
    }
    let json = std::str::from_utf8(bytes).map_err(|_| DocumentError::Json)?;
    // An array is taken for the fields of a struct by derived readers, but not by this.
    let fields: Map<String, Value> = serde_json::from_str(json).map_err(|_| DocumentError::Json)?;
    let did = text(&fields, "id").and_then(|id| Did::parse(id).ok()).ok_or(DocumentError::Id)?;
    let aliases = list(&fields, "alsoKnownAs")?.iter().filter_map(Value::as_str);
    let methods = list(&fields, "verificationMethod")?.iter().filter_map(Value::as_object);
    let services = list(&fields, "service")?.iter().filter_map(Value::as_object);
    Ok(Document {
        also_known_as: aliases.map(str::to_owned).collect(),
        keys: methods.filter_map(|method| key(&did, method)).collect(),
        services: services.filter_map(|entry| service(&did, entry)).collect(),
        json: json.trim_ascii().into(),
        did,
    })
}

/// Returns the entries of a list; none if it is missing, or is something else.
fn list<'a>(
    fields: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a [Value], DocumentError> {
    let entries = fields.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if entries.len() > ENTRIES_MAX {
        return Err(DocumentError::TooMany(name));
    }
    Ok(entries)
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

/// Returns the fragment of an entry's id, which is relative or begins with the document's DID.
fn fragment(did: &Did, entry: &Map<String, Value>) -> Option<String> {
    let (base, fragment) = text(entry, "id")?.split_once('#')?;
    let ours = base.is_empty() || base == did.as_str();
    (ours && !fragment.is_empty()).then(|| fragment.to_owned())
}

fn key(did: &Did, entry: &Map<String, Value>) -> Option<Key> {
    Some(Key {
        fragment: fragment(did, entry)?,
        method: VerificationMethod::by_name(text(entry, "type")?)?,
        multibase: text(entry, "publicKeyMultibase")?.to_owned(),
    })
}

fn service(did: &Did, entry: &Map<String, Value>) -> Option<Service> {
    Some(Service {
        fragment: fragment(did, entry)?,
        kind: text(entry, "type")?.to_owned(),
        endpoint: text(entry, "serviceEndpoint")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KEY: &str = "zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg";

    fn parse(document: &Value) -> Document {
        Document::parse(document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn relative_and_absolute_ids_read_the_same() {
        let primary = parse(&json!({
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
            "alsoKnownAs": ["at://alice.test"],
            "verificationMethod": [{
                "id": "did:plc:ewvi7nxzyoun6zhxrhs64oiz#atproto", "type": "Multikey",
                "controller": "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "publicKeyMultibase": KEY,
            }],
            "service": [{
                "id": "#atproto_pds", "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": "https://pds.test",
            }],
        }));
        let replica = parse(&json!({
            "id": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
            "alsoKnownAs": ["at://alice.test"],
            "verificationMethod": [{
                "id": "#atproto", "type": "Multikey",
                "controller": "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "publicKeyMultibase": KEY,
            }],
            "service": [{
                "id": "did:plc:ewvi7nxzyoun6zhxrhs64oiz#atproto_pds",
                "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://pds.test",
            }],
        }));
        assert_eq!(primary.verification_methods(), replica.verification_methods());
        assert_eq!(primary.services(), replica.services());
        assert_eq!(primary.signing_key().unwrap().to_multikey(), KEY);
        assert_eq!(primary.pds_endpoint().unwrap().to_string(), "https://pds.test");
        assert_eq!(primary.handle().unwrap(), "alice.test");
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        let document = parse(&json!({
            "id": "did:web:a.test",
            "alsoKnownAs": [7, "https://a.test", "at://not a handle", "at://B.test", "at://c.test"],
            "verificationMethod": [
                "#key", {"id": "#atproto"},
                {"id": "#atproto", "type": "JsonWebKey2020", "publicKeyJwk": {}},
                {"id": "did:web:other.test#atproto", "type": "Multikey", "publicKeyMultibase": "z1"},
                {"id": "#", "type": "Multikey", "publicKeyMultibase": "z1"},
                {"id": "#ed", "type": "Multikey",
                 "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
            ],
            "service": [
                {"id": "#atproto_pds", "type": "Other", "serviceEndpoint": "https://pds.test"},
                {"id": "#list", "type": ["A"], "serviceEndpoint": "https://pds.test"},
                {"id": "#map", "type": "A", "serviceEndpoint": {"uri": "https://pds.test"}},
                {"id": "#chat", "type": "Chat", "serviceEndpoint": "https://chat.test/path"},
                {"id": "#atproto_space_host", "type": "New", "serviceEndpoint": "https://new.test"},
            ],
            "authentication": {"deep": [[[[null]]]]},
        }));
        assert_eq!(document.handle().unwrap(), "b.test");
        assert_eq!(document.signing_key(), None);
        assert_eq!(document.pds_endpoint(), None);
        assert!(document.verification_method("ed").unwrap().public_key().is_err());
        assert_eq!(document.service("chat").unwrap().origin(), None);
        let fragments: Vec<_> = document.services().iter().map(|entry| &entry.fragment).collect();
        assert_eq!(fragments, ["atproto_pds", "chat", "atproto_space_host"]);
    }

    #[test]
    fn a_key_in_the_present_form_goes_before_older_ones() {
        let legacy = json!({
            "id": "#atproto", "type": "EcdsaSecp256k1VerificationKey2019",
            "publicKeyMultibase":
                "zQYEBzXeuTM9UR3rfvNag6L3RNAs5pQZyYPsomTsgQhsxLdEgCrPTLgFna8yqCnxPpNT7DBk6Ym3dgPKNu86vt9GR",
        });
        let present = json!({"id": "#atproto", "type": "Multikey", "publicKeyMultibase": KEY});
        let with =
            |methods: Value| parse(&json!({"id": "did:web:a.test", "verificationMethod": methods}));
        let old = with(json!([legacy])).signing_key().unwrap();
        assert_ne!(old.to_multikey(), KEY);
        for methods in [json!([legacy, present]), json!([present, legacy])] {
            assert_eq!(with(methods).signing_key().unwrap().to_multikey(), KEY);
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let large =
            format!(r#"{{"id": "did:web:a.test", "x": "{}"}}"#, "x".repeat(DOCUMENT_BYTES_MAX));
        let many = json!({"id": "did:web:a.test", "service": vec![1; ENTRIES_MAX + 1]}).to_string();
        let deep = "[".repeat(10_000);
        for (text, fault) in [
            (large.as_str(), DocumentError::TooLarge),
            ("", DocumentError::Json),
            ("<!DOCTYPE html>", DocumentError::Json),
            ("[\"did:web:a.test\"]", DocumentError::Json),
            ("{} {}", DocumentError::Json),
            (&deep, DocumentError::Json),
            ("{}", DocumentError::Id),
            (r#"{"id": 1}"#, DocumentError::Id),
            (r#"{"id": "https://a.test"}"#, DocumentError::Id),
            (&many, DocumentError::TooMany("service")),
        ] {
            assert_eq!(Document::parse(text.as_bytes()), Err(fault), "{text:.40}");
        }
        assert_eq!(Document::parse(b"{\"id\": \"\xff\"}"), Err(DocumentError::Json));
    }

    #[test]
    fn the_text_is_kept_as_it_came() {
        let text = "{ \"id\":\"did:web:a.test\",\"b\":1.50, \"a\":[ ] }";
        let document = Document::parse(format!("\n{text}\n").as_bytes()).unwrap();
        assert_eq!(document.as_json(), text);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, field in "[a-zA-Z#:]{0,20}") {
            let _ = Document::parse(&bytes);
            let text = json!({
                "id": "did:web:a.test", "alsoKnownAs": [field], "service": [{"id": field}],
                "verificationMethod": [{"id": field, "type": "Multikey", "publicKeyMultibase": field}],
            });
            let document = parse(&text);
            let _ = (document.handle(), document.signing_key(), document.pds_endpoint());
        }
    }
}
