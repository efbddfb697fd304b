//! Repositories and slices as CAR files.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use crypto::{PublicKey, VerificationMethod};
use repo::archive::{Archive, ArchiveError, ArchiveReader, Part};
use repo::car::Spool;
use repo::data::{Limits, cbor};
use serde_json::Value;

use crate::{each_suite, json};

type Memory = Cursor<Vec<u8>>;

fn open(path: &Path) -> Archive<Memory, impl FnMut() -> std::io::Result<Memory>> {
    let mut reader = ArchiveReader::new(Spool::new(1 << 30, || Ok(Cursor::new(Vec::new()))));
    reader.push(&fs::read(path).unwrap()).unwrap();
    reader.finish().unwrap()
}

/// The key in a DID document.
fn key(path: &Path) -> PublicKey {
    let document: Value = json(path);
    let method = &document["verificationMethod"][0];
    let kind = VerificationMethod::by_name(method["type"].as_str().unwrap()).unwrap();
    let text = method["publicKeyMultibase"].as_str().unwrap();
    PublicKey::from_verification_method(kind, text).unwrap()
}

#[test]
fn repositories_verify_and_slices_of_one_are_told_apart() {
    each_suite("cars", "cars", |root| {
        let (mut repositories, mut signed) = (0, 0);
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "car") {
                continue;
            }
            let mut archive = open(&path);
            let mut records = 0;
            let outcome = archive.walk(|part| {
                if let Part::Record { key, bytes, .. } = part {
                    assert!(key.record_path().is_ok(), "{}: {key}", path.display());
                    cbor::check(bytes, &Limits::RECORD).unwrap();
                    records += 1;
                }
                Ok::<_, ArchiveError>(())
            });
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.contains("slice") {
                assert!(matches!(outcome, Err(ArchiveError::MissingNode { .. })), "{outcome:?}");
                continue;
            }
            outcome.unwrap();
            assert!(records > 0, "{} has no records", path.display());
            repositories += 1;
            let document = root.join(name.replace(".repo.car", ".didDoc.json"));
            if document.exists() {
                let outcome = archive.commit().verify(&key(&document));
                assert_eq!(outcome, Ok(()), "{}", path.display());
                signed += 1;
            }
        }
        assert!(repositories >= 2 && signed >= 1, "{}", root.display());
    });
}
