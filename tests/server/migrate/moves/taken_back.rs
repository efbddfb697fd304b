//! Moves that somebody with an older key takes back, and owners who have a higher one.

use identity::Origin;
use identity::plc::{Content, DidKey};
use migrate::reclaim::reclaim;
use syntax::Did;

use super::{is_active, own_keys, settled};
use crate::harness::{Road, eventually};
use crate::identity::directory;

#[tokio::test]
async fn who_takes_a_move_back_silences_the_account_until_its_owner_reclaims_it() {
    let road = Road::with(|config| config.retention.sweep_seconds = 1).await;
    let alice = settled(&road.old, "alice").await;
    let (did, plc): (Did, _) = (alice.did.parse().unwrap(), directory(&road.old));
    let [owner, thief] = own_keys(&road.old, &alice).await;
    let keys = [&owner, &thief].map(|key| key.public_key().to_string());

    let moving = road.new.begin_move(&alice).await;
    moving.finish(&road.old).await;
    let here = moving.here.clone();
    assert!(is_active(&road.new, &here).await);

    // The move was signed by the old host; the thief's key is of a higher rank.
    let log = plc.audited_log(&did).await.unwrap();
    let before = &log.entries()[log.entries().len() - 2].operation;
    let mut stolen = before.state().unwrap();
    stolen.rotation_keys = vec![DidKey::from(&thief.public_key())];
    plc.submit(&did, &Content::update(before, stolen).sign(&thief).unwrap()).await.unwrap();
    eventually(async || (!is_active(&road.new, &here).await).then_some(())).await;
    let mails = road.new.mails(&alice.email).await;
    let (subject, text) = mails.first().unwrap();
    assert_eq!(subject, "Your identity leads to another host");
    let command = format!("pagurus reclaim {did} --host {}", road.new.public_url());
    assert!(text.contains(&command) && text.contains(&keys[0]), "{text}");
    assert!(!text.contains(&format!("  {}\n\nWhere", keys[1])), "{text}");
    let refused = road.new.post("com.atproto.server.activateAccount").by(&here).send().await;
    assert!(!refused.status.is_success(), "{}", refused.text());

    let host: Origin = road.new.public_url().parse().unwrap();
    let log = plc.audited_log(&did).await.unwrap();
    let now_ms = road.old.now_s() * 1000;
    let found = reclaim(&did, &log, &host, &owner, &[], now_ms).unwrap();
    assert_eq!(found.taken_back, [log.last().cid]);
    plc.submit(&did, &found.operation).await.unwrap();
    eventually(async || is_active(&road.new, &here).await.then_some(())).await;
    // The mail is written after the account is opened.
    let mails = eventually(async || {
        let mails = road.new.mails(&alice.email).await;
        (mails.len() > 1).then_some(mails)
    })
    .await;
    let subjects: Vec<&str> = mails.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(
        subjects[..2],
        ["Your account is open again", "Your identity leads to another host"]
    );
    road.new.note(&here, "again", "written after it was won back").await;
    road.new.download(&here, None).await.assert_signed(&road.new, &here).await;
}
