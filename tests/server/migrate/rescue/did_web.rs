//! An identity whose document is the owner's to publish.

use migrate::report::Verdict;
use migrate::rescue::RescueError;

use super::*;
use crate::server::did_web::{Site, activate, first_account};

#[tokio::test]
async fn the_owner_of_a_did_web_signs_and_publishes_for_themselves() {
    let site = Site::start().await;
    let mut old = site.pds("did:web:localhost").await;
    let alice = first_account(&site, &old).await;
    site.publish_for(&old, &alice).await;
    activate(&old, &alice).await.ok();
    old.note(&alice, "a", "something to keep").await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("repo.car"), old.export(&alice, None).await.body).unwrap();
    let data = old.download(&alice, None).await.commit.data;
    let old_url = old.public_url();
    old.stop().await;

    // The old host's key is gone with it: the owner puts one of their own into the document.
    let new = site.pds("did:web:new.test").await;
    let own = PrivateKey::generate(Curve::P256);
    site.publish(&old_url, &own.public_key());
    let desk = || Desk {
        did: site.did.clone(),
        key: OwnerKey::Signing(own.clone()),
        place: Place::Car { file: folder.path().join("repo.car"), blobs: None },
        journal: folder.path().join("journal.json"),
        ..Desk::at(&new, directory(&new), std::slice::from_ref(&site.origin))
    };
    let failure = desk().run().await.unwrap_err();
    assert!(failure.error.waits_for_owner() && !failure.is_switched, "{failure:?}");
    let RescueError::WaitsForDocument { document, host } = failure.error else {
        panic!("{failure:?}")
    };
    assert_eq!(host.to_string(), new.public_url());

    *site.document.lock().unwrap() = document;
    let rescued = desk().run().await.unwrap();
    let report = rescued.report.report();
    assert_eq!(report.after.head.data, data);
    assert_eq!(report.compare().verdict(), Verdict::Same, "{:?}", report.compare());
    let owner = desk().owner(&new).await;
    new.note(&owner, "b", "written at the new host").await;
    assert_eq!(new.download(&owner, None).await.records().len(), 2);
}
