//! A host as the owner of an account there uses it.

use std::sync::Arc;
use std::time::Duration;

use crypto::{Curve, PrivateKey};
use identity::Origin;
use identity::dns::DnsTable;
use identity::outbound::{Client, Settings, Strangers};
use identity::plc::DidKey;
use migrate::host::{Host, HostError, Owner};
use migrate::switch::{Destination, Switch, SwitchError};
use repo::archive::{ArchiveError, ArchiveReader};
use repo::car::Spool;
use serde_json::json;
use syntax::{Cid, Did, Handle};

use crate::harness::{NOTES, Pds, TestAccount};
use crate::identity::directory;

/// Returns a server as another one sees it.
fn host(pds: &Pds) -> Host {
    let origin = Origin::parse(&pds.url()).unwrap();
    let strangers = Strangers { exceptions: vec![origin.clone()], ..Strangers::default() };
    let dns = Arc::new(DnsTable::new());
    Host::new(Client::for_strangers(dns, strangers, Settings::default()), origin)
}

async fn owner(pds: &Pds, account: &TestAccount) -> Owner {
    let host = host(pds);
    let session = host.sign_in(&account.handle, &account.password, None).await.unwrap();
    assert_eq!((session.did.as_str(), session.active), (account.did.as_str(), Some(true)));
    Owner::new(host, session.did, session.session)
}

#[tokio::test]
async fn an_owner_takes_everything_along_however_long_it_takes() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let blob = pds.upload(&alice, "text/vtt", "WEBVTT and more").await;
    pds.put(&alice, NOTES, "a", json!({ "$type": NOTES, "blob": blob })).await;
    let preferences = json!([{ "$type": "app.bsky.actor.defs#adultContentPref", "enabled": true }]);
    let input = json!({ "preferences": preferences });
    pds.post("app.bsky.actor.putPreferences").by(&alice).json(&input).send().await.ok();
    let owner = owner(&pds, &alice).await;
    let described = host(&pds).describe().await.unwrap();
    assert_eq!((described.did.as_str(), described.invite_code_required), (pds.did(), false));

    // Access tokens last two hours; nobody has to sign in again for that.
    pds.advance(Duration::from_secs(3 * 60 * 60));
    let before = owner.session().await;
    let latest = owner.latest_commit().await.unwrap();
    assert_ne!(owner.session().await.reveal(), before.reveal());
    assert_eq!(latest.rev.to_string(), pds.rev(&alice).await);
    let mut download = owner.repo(None).await.unwrap();
    let mut reader = ArchiveReader::new(Spool::new(1 << 20, tempfile::tempfile));
    while let Some(piece) = download.next().await.unwrap() {
        reader.push(&piece).unwrap();
    }
    let mut archive = reader.finish().unwrap();
    assert_eq!(*archive.root(), latest.cid);
    archive.walk(|_| Ok::<_, ArchiveError>(())).unwrap();

    let page = owner.blobs(None).await.unwrap();
    let cid: Cid = page.cids[0];
    assert_eq!(
        (page.cids.len(), cid.to_string()),
        (1, blob["ref"]["$link"].as_str().unwrap().into())
    );
    for (begin, expected) in [(0, "WEBVTT and more"), (7, "and more")] {
        let mut download = owner.blob(&cid, begin).await.unwrap();
        assert_eq!((download.begin(), download.mime_type()), (begin, Some("text/vtt")));
        let mut text = Vec::new();
        while let Some(piece) = download.next().await.unwrap() {
            text.extend_from_slice(&piece);
        }
        assert_eq!(text, expected.as_bytes());
    }
    let unknown = owner.blob(&Cid::of_raw(b"another"), 0).await.err().unwrap();
    assert!(unknown.is_named("BlobNotFound") && !unknown.is_passing(), "{unknown}");
    assert_eq!(json!(owner.preferences().await.unwrap()), preferences);
    let audience: Did = "did:web:new.test".parse().unwrap();
    let token = owner.service_token(&audience, "com.atproto.server.createAccount").await.unwrap();
    assert_eq!(token.split('.').count(), 3);

    // Closed, all of it is still the owner's.
    owner.deactivate(None).await.unwrap();
    owner.repo(Some(latest.rev)).await.unwrap();
    owner.blob(&cid, 0).await.unwrap();
    owner.activate().await.unwrap();
}

#[tokio::test]
async fn what_the_host_signs_is_the_switch_that_was_planned() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let owner = owner(&pds, &alice).await;
    let plc = directory(&pds);
    let last = plc.last_operation(&alice.did.parse().unwrap()).await.unwrap();
    let (new, own) = (PrivateKey::generate(Curve::P256), PrivateKey::generate(Curve::Secp256k1));
    let to = Destination {
        host: Origin::parse("https://new.example.com").unwrap(),
        handle: Handle::parse("alice.example.org").unwrap(),
        signing_key: PrivateKey::generate(Curve::Secp256k1).public_key(),
        rotation_keys: vec![DidKey::from(&new.public_key())],
    };
    let old = owner.host_keys().await.unwrap();
    let switch = Switch::plan(&last, &old, &to, Some(DidKey::from(&own.public_key()))).unwrap();
    assert_eq!((switch.dropped.clone(), switch.kept.len()), (old.clone(), 1));

    owner.request_code().await.unwrap();
    let wrong = owner.sign("AAAAA-BBBBB", &switch.after).await.err().unwrap();
    assert!(wrong.is_named("InvalidToken"), "{wrong}");
    let code = pds.mailed_code(&alice.email).await;
    let signed = owner.sign(&code, &switch.after).await.unwrap();
    assert_eq!(switch.check(&signed, &last).as_ref(), Ok(&old[0]));
    let mut other = switch.clone();
    other.after.also_known_as.clear();
    assert!(matches!(other.check(&signed, &last), Err(SwitchError::Differs(_))));
    plc.submit(&alice.did.parse().unwrap(), &signed).await.unwrap();
    let state = plc.state(&alice.did.parse().unwrap()).await.unwrap();
    assert_eq!(state, switch.after);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_what_to_do_about_it() {
    let pds = Pds::start_with(|config| config.limits.rates = true).await;
    let alice = pds.account("alice").await;
    let owner = owner(&pds, &alice).await;
    let mut refused = 0;
    let busy = loop {
        match host(&pds).sign_in(&alice.handle, "another password", None).await.err().unwrap() {
            HostError::Refused { status: 401, .. } => refused += 1,
            error => break error,
        }
        assert!(refused < 1000, "somebody may guess for ever");
    };
    assert!(matches!(busy, HostError::Busy { retry_after: Some(_) }), "{busy}");
    assert!(busy.is_passing());
    pds.advance(Duration::from_secs(100 * 24 * 60 * 60));
    let ended = owner.preferences().await.err().unwrap();
    assert!(matches!(ended, HostError::SessionEnded), "{ended}");
    let nowhere = Host::new(
        Client::for_strangers(Arc::new(DnsTable::new()), Strangers::default(), Settings::default()),
        Origin::parse("https://10.0.0.1").unwrap(),
    );
    let error = nowhere.describe().await.err().unwrap();
    assert!(matches!(error, HostError::Http(_)) && !error.is_passing(), "{error}");
}
