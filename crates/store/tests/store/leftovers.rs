//! What is left of accounts that are gone, and that it goes in pieces.

use pagurus_store::{AccountId, Error, RefreshToken};

use crate::room::{Room, Writer, key, record};

async fn filled(room: &Room, name: &str, count: usize) -> Writer {
    let mut writer = room.writer(name).await;
    for number in 0..count {
        let change = [(key(&format!("r{number:03}")), Some(record("text")))];
        writer.commit(room, &change, Vec::new()).await.unwrap();
    }
    writer
}

async fn delete(room: &Room, account: AccountId) {
    let deleted: Result<(), Error> = room.store.write(move |tx| tx.delete_account(account)).await;
    deleted.unwrap();
}

async fn rows(room: &Room, count_max: u64) -> usize {
    let rows: Result<usize, Error> =
        room.store.write(move |tx| tx.delete_leftover_rows(count_max)).await;
    rows.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_repository_go_in_pieces_and_no_others_with_them() {
    let room = Room::new();
    let (alice, bob) = (filled(&room, "alice", 40).await, filled(&room, "bob", 40).await);
    assert_eq!(rows(&room, 10).await, 0, "nothing is left of who is here");
    delete(&room, alice.account).await;
    let mut pieces = Vec::new();
    loop {
        match rows(&room, 10).await {
            0 => break,
            count => pieces.push(count),
        }
    }
    assert!(pieces.iter().sum::<usize>() >= 41, "records and at least one node: {pieces:?}");
    assert!(pieces.iter().all(|count| *count <= 10), "{pieces:?}");
    room.assert_agrees(bob.account).await;
    assert_eq!(room.head(bob.account).await.records, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_account_are_found_and_deleted() {
    let room = Room::new();
    let (alice, bob) = (filled(&room, "alice", 5).await, filled(&room, "bob", 5).await);
    delete(&room, alice.account).await;
    let left: Result<_, Error> = room.store.read(|tx| tx.leftover()).await;
    let left = left.unwrap().unwrap();
    assert_eq!((left.account, left.did), (alice.account, alice.did.clone()));
    let seqs: Result<Vec<u64>, Error> =
        room.store.read(|tx| tx.events_of(alice.account, 0, 100)).await;
    let seqs = seqs.unwrap();
    assert_eq!(seqs.len(), 6);
    let (gone, last) = (seqs[..5].to_vec(), seqs[5]);
    let deleted: Result<(), Error> = room.store.write(move |tx| tx.delete_events(&gone)).await;
    deleted.unwrap();
    let read: Result<_, Error> = room
        .store
        .read(|tx| {
            let hers = tx.events_of(alice.account, 0, 100)?;
            let all = tx.events_after(0, 100, usize::MAX)?;
            Ok((hers, tx.events_of(bob.account, 0, 100)?, all))
        })
        .await;
    let (hers, his, all) = read.unwrap();
    assert_eq!((hers, his.len(), all.len()), (vec![last], 6, 7));
    let forgotten: Result<(), Error> =
        room.store.write(move |tx| tx.forget_leftover(left.account)).await;
    forgotten.unwrap();
    let left: Result<_, Error> = room.store.read(|tx| tx.leftover()).await;
    assert_eq!(left.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_have_ended_are_swept_out_account_by_account() {
    let room = Room::new();
    let mut accounts = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        accounts.push(room.writer(name).await.account);
    }
    let put = accounts.clone();
    let put: Result<(), Error> = room
        .store
        .write(move |tx| {
            let now = tx.now_ms();
            put.iter().try_for_each(|account| {
                [("old", now - 1), ("new", now + 60_000)].iter().try_for_each(|(id, expires_at)| {
                    tx.put_refresh_token(&RefreshToken {
                        account: *account,
                        id: (*id).to_owned(),
                        expires_at: *expires_at,
                        next_id: None,
                        app_password: None,
                        began_at: None,
                    })
                })
            })
        })
        .await;
    put.unwrap();
    let (mut after, mut steps) = (AccountId::default(), 0);
    loop {
        let swept: Result<_, Error> = room.store.write(move |tx| tx.sweep_sessions(after, 2)).await;
        let Some(last) = swept.unwrap() else { break };
        (after, steps) = (last, steps + 1);
    }
    assert_eq!(steps, 3);
    for account in accounts {
        let tokens: Result<_, Error> = room
            .store
            .read(|tx| Ok((tx.refresh_token(account, "old")?, tx.refresh_token(account, "new")?)))
            .await;
        let (old, new) = tokens.unwrap();
        assert!(old.is_none() && new.is_some());
    }
}
