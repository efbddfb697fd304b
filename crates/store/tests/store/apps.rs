//! Apps that were let in, what they ask for, and browsers.

use std::sync::atomic::Ordering;

use pagurus_store::{AccountId, Device, DeviceAccount, Granted, OauthSession, RefreshToken};

use crate::room::{Room, START_US};

const HOUR_MS: u64 = 60 * 60 * 1000;
const NOW_MS: u64 = START_US / 1000;

fn device(byte: u8) -> Device {
    Device {
        id: [byte; 16],
        secret: [byte; 32],
        former_secret: None,
        changed_at: NOW_MS,
        user_agent: "a browser".to_owned(),
        ip: "192.0.2.1".to_owned(),
        created_at: NOW_MS,
        seen_at: NOW_MS,
    }
}

fn session(account: AccountId, byte: u8) -> OauthSession {
    OauthSession {
        account,
        id: [byte; 16],
        client_id: "https://app.example/client.json".to_owned(),
        auth: "{}".to_owned(),
        jkt: [1; 32],
        scope: "atproto".to_owned(),
        expanded: "atproto".to_owned(),
        device: Some([9; 16]),
        code: [byte; 32],
        access: [byte; 16],
        refresh: [byte; 32],
        former_refresh: None,
        created_at: NOW_MS,
        refreshed_at: NOW_MS + u64::from(byte),
        refresh_ends_at: NOW_MS + HOUR_MS,
        ends_at: NOW_MS + 2 * HOUR_MS,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_belongs_to_the_first_browser_and_is_decided_once() {
    let room = Room::new();
    let writer = room.writer("alice").await;
    let account = writer.account;
    let granted = Granted { code: [7; 32], account, scope: "atproto".to_owned() };
    room.store
        .write(move |tx| {
            tx.create_oauth_request(&[1; 32], "{}", NOW_MS + HOUR_MS)?;
            assert_eq!(tx.oauth_request(&[1; 32])?.unwrap().device, None);
            assert!(tx.bind_oauth_request(&[1; 32], &[2; 16], NOW_MS + HOUR_MS)?);
            let opened_at = tx.oauth_request(&[1; 32])?.unwrap().opened_at;
            assert!(tx.bind_oauth_request(&[1; 32], &[2; 16], NOW_MS + 2 * HOUR_MS)?);
            assert_eq!(tx.oauth_request(&[1; 32])?.unwrap().opened_at, opened_at);
            assert!(!tx.bind_oauth_request(&[1; 32], &[3; 16], NOW_MS + HOUR_MS)?);

            assert!(tx.grant_oauth_request(&[1; 32], &granted, NOW_MS + HOUR_MS)?);
            assert!(!tx.grant_oauth_request(&[1; 32], &granted, NOW_MS + HOUR_MS)?);
            assert_eq!(tx.oauth_request(&[1; 32])?.unwrap().granted, Some(granted.clone()));
            assert!(!tx.delete_oauth_request(&[1; 32])?, "a code is not taken back");
            assert!(!tx.bind_oauth_request(&[1; 32], &[2; 16], NOW_MS + HOUR_MS)?);

            assert_eq!(tx.oauth_code(&[7; 32])?.unwrap().granted, Some(granted.clone()));
            assert_eq!(tx.take_oauth_code(&[7; 32])?.unwrap().granted, Some(granted));
            assert_eq!(tx.take_oauth_code(&[7; 32])?, None, "a code is taken once");
            Ok::<_, pagurus_store::Error>(())
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_goes_and_nothing_else() {
    let room = Room::new();
    let account = room.writer("alice").await.account;
    let set_up = room.store.write(move |tx| {
        tx.create_oauth_request(&[1; 32], "{}", NOW_MS + HOUR_MS)?;
        tx.create_oauth_request(&[2; 32], "{}", NOW_MS + 3 * HOUR_MS)?;
        assert!(tx.use_once(&[1; 32], NOW_MS + HOUR_MS)?);
        assert!(!tx.use_once(&[1; 32], NOW_MS + HOUR_MS)?);
        tx.put_oauth_session(&session(account, 1))?;
        let longer = session(account, 2);
        tx.put_oauth_session(&OauthSession { refresh_ends_at: longer.ends_at, ..longer })?;
        for byte in [1, 2, 3] {
            tx.create_device(&device(byte))?;
        }
        let entry = DeviceAccount {
            account,
            device: [1; 16],
            signed_in_at: NOW_MS,
            request: Some([1; 32]),
            expires_at: Some(NOW_MS + HOUR_MS),
        };
        tx.put_device_account(&entry)?;
        let remembered =
            DeviceAccount { device: [2; 16], request: None, expires_at: None, ..entry };
        tx.put_device_account(&remembered)?;
        assert_eq!(tx.devices_of(account)?.len(), 2);
        Ok::<_, pagurus_store::Error>(())
    });
    set_up.await.unwrap();
    // Half an hour after what ends in an hour.
    room.now_us.store(START_US + 90 * 60 * 1_000_000, Ordering::Relaxed);
    let swept = room.store.write(move |tx| {
        assert_eq!(tx.delete_ended_oauth_requests(10)?, 1);
        assert!(tx.oauth_request(&[2; 32])?.is_some());
        assert_eq!(tx.delete_ended_uses(10)?, 1);
        assert!(tx.use_once(&[1; 32], NOW_MS)?, "it is not remembered any more");
        tx.sweep_sessions(AccountId::default(), 10)?;
        assert_eq!(tx.oauth_session(&[1; 16])?, None);
        assert!(tx.oauth_session(&[2; 16])?.is_some());
        assert_eq!(tx.delete_ended_sign_ins(10)?, 1);
        assert_eq!(tx.delete_idle_devices(NOW_MS + 1, 0, 10)?, 2, "nobody is signed in there");
        assert_eq!(tx.accounts_of_device(&[2; 16])?.len(), 1);
        assert_eq!(
            tx.delete_idle_devices(NOW_MS + 1, NOW_MS + 1, 10)?,
            1,
            "it was not seen for long"
        );
        assert_eq!(tx.accounts_of_device(&[2; 16])?, []);
        Ok::<_, pagurus_store::Error>(())
    });
    swept.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_apps_are_found_by_what_the_app_shows() {
    let room = Room::new();
    let account = room.writer("alice").await.account;
    let other = room.writer("bob").await.account;
    let found = room.store.write(move |tx| {
        for byte in 1..=5 {
            tx.put_oauth_session(&session(account, byte))?;
        }
        tx.put_oauth_session(&session(other, 6))?;
        assert_eq!(tx.oauth_session_by_access(&[3; 16])?, Some(session(account, 3)));
        let next = OauthSession { access: [33; 16], refresh: [33; 32], ..session(account, 3) };
        tx.put_oauth_session(&next)?;
        assert_eq!(tx.oauth_session_by_access(&[3; 16])?, None);
        assert_eq!(tx.oauth_session(&[3; 16])?, Some(next));
        assert_eq!(tx.oauth_session_by_code(&[4; 32])?, Some(session(account, 4)));
        assert!(tx.delete_oauth_session(account, &[4; 16])?);
        assert_eq!(tx.oauth_session_by_code(&[4; 32])?, None);

        tx.limit_oauth_sessions(account, 2)?;
        let left: Vec<u8> = tx.oauth_sessions(account)?.iter().map(|one| one.id[0]).collect();
        assert_eq!(left, [5, 3], "those that last got tokens stay");
        assert!(!tx.delete_oauth_session(other, &[5; 16])?, "it is another account's");
        tx.delete_oauth_sessions(account)?;
        assert_eq!(tx.oauth_sessions(account)?, []);
        assert_eq!(tx.oauth_sessions(other)?.len(), 1);
        Ok::<_, pagurus_store::Error>(())
    });
    found.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_leaves_one_browser() {
    let room = Room::new();
    let account = room.writer("alice").await.account;
    let signed_out = room.store.write(move |tx| {
        for byte in [1, 2, 3] {
            tx.create_device(&device(byte))?;
            tx.put_device_account(&DeviceAccount {
                account,
                device: [byte; 16],
                signed_in_at: NOW_MS,
                request: None,
                expires_at: None,
            })?;
        }
        tx.put_refresh_token(&RefreshToken {
            account,
            id: "a".to_owned(),
            expires_at: NOW_MS + HOUR_MS,
            next_id: None,
            app_password: None,
            began_at: None,
        })?;
        assert!(tx.sign_out(account, &[3; 16])?);
        assert!(!tx.sign_out(account, &[3; 16])?);
        tx.sign_out_everywhere(account, Some(&[2; 16]))?;
        let left: Vec<u8> = tx.devices_of(account)?.iter().map(|one| one.id[0]).collect();
        assert_eq!(left, [2]);
        tx.delete_account(account)?;
        assert_eq!(tx.accounts_of_device(&[2; 16])?, [], "they go with the account");
        assert!(tx.device(&[2; 16])?.is_some());
        Ok::<_, pagurus_store::Error>(())
    });
    signed_out.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_browser_changes_once_for_each_that_it_has_shown() {
    let room = Room::new();
    let changed = room.store.write(|tx| {
        let second = Device { secret: [2; 32], former_secret: Some([1; 32]), ..device(1) };
        assert!(tx.change_device(&second, &[1; 32])?, "it is not there yet");
        assert_eq!(tx.device(&[1; 16])?.unwrap(), second);
        let third = Device { secret: [3; 32], ..second.clone() };
        assert!(!tx.change_device(&third, &[1; 32])?, "that was its secret before");
        tx.note_device(&[1; 16], "another", "192.0.2.2")?;
        let seen = tx.device(&[1; 16])?.unwrap();
        assert_eq!((seen.secret, &*seen.user_agent), ([2; 32], "another"));
        tx.create_device(&device(1))?;
        assert_eq!(tx.device(&[1; 16])?.unwrap().secret, [2; 32], "what is there stays");
        Ok::<_, pagurus_store::Error>(())
    });
    changed.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_for_a_request_stands_beside_one_that_is_remembered() {
    let room = Room::new();
    let account = room.writer("alice").await.account;
    let entry = |request: Option<u8>, hours: Option<u64>| DeviceAccount {
        account,
        device: [1; 16],
        signed_in_at: NOW_MS,
        request: request.map(|byte| [byte; 32]),
        expires_at: hours.map(|hours| NOW_MS + hours * HOUR_MS),
    };
    let (remembered, one, two) =
        (entry(None, None), entry(Some(1), Some(1)), entry(Some(2), Some(3)));
    let entries = [remembered.clone(), one.clone(), two.clone()];
    let put = room.store.write(move |tx| {
        tx.create_device(&device(1))?;
        for entry in &entries {
            tx.put_device_account(entry)?;
            tx.put_device_account(entry)?;
        }
        assert_eq!(tx.accounts_of_device(&[1; 16])?, entries);
        assert_eq!(tx.devices_of(account)?.len(), 1, "it is one browser");
        tx.end_sign_ins_for(&[2; 16], &[2; 32])?;
        tx.end_sign_ins_for(&[1; 16], &[3; 32])?;
        assert_eq!(tx.accounts_of_device(&[1; 16])?.len(), 3, "they were others");
        Ok::<_, pagurus_store::Error>(())
    });
    put.await.unwrap();
    room.now_us.store(START_US + 90 * 60 * 1_000_000, Ordering::Relaxed);
    let swept = room.store.write(move |tx| {
        assert_eq!(tx.delete_ended_sign_ins(10)?, 1);
        assert_eq!(tx.accounts_of_device(&[1; 16])?, [remembered.clone(), two]);
        tx.end_sign_ins_for(&[1; 16], &[2; 32])?;
        assert_eq!(tx.accounts_of_device(&[1; 16])?, [remembered]);
        tx.put_device_account(&one)?;
        assert!(tx.sign_out(account, &[1; 16])?);
        assert_eq!(tx.accounts_of_device(&[1; 16])?, [], "who signs out does so for all");
        Ok::<_, pagurus_store::Error>(())
    });
    swept.await.unwrap();
}
