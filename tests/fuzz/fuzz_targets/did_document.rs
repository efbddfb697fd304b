//! DID documents: what is read says the same when it is read again, and all of it can be asked.

#![no_main]

use identity::document::Document;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::parse(bytes) else { return };
    let again = Document::parse(document.as_json().as_bytes()).expect("it was read");
    assert_eq!(again, document);
    let _ = (document.handle(), document.signing_key(), document.pds_endpoint());
    for key in document.verification_methods() {
        let _ = key.public_key();
        assert!(document.verification_method(&key.fragment).is_some());
    }
    for service in document.services() {
        if let Some(origin) = service.origin() {
            assert_eq!(origin.to_string().parse().ok(), Some(origin));
        }
        assert!(document.service(&service.fragment).is_some());
    }
});
