//! `#commit` events in their JSON form.

use std::fs;

use repo::data::{Limits, Value, json as json_form};
use repo::event::{CommitEvent, Message, decode};
use repo::slice::Slice;

use crate::each_suite;

#[test]
fn events_agree_with_their_slices() {
    each_suite("firehose", "firehose", |root| {
        let mut count = 0;
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read(&path).unwrap();
            let Value::Map(body) = json_form::decode(&text, &Limits::FOREIGN).unwrap() else {
                panic!("{} is not an event", path.display());
            };
            let event = CommitEvent::from_map(&body).unwrap();
            let slice = Slice::decode(&event.blocks).unwrap();
            assert_eq!(slice.root(), event.commit, "{}", path.display());
            assert_eq!((&slice.commit().did, slice.commit().rev), (&event.repo, event.rev));
            for op in &event.ops {
                let found = slice.record(&op.path).unwrap();
                assert_eq!(found.map(|(cid, _)| cid), op.cid, "{}: {}", path.display(), op.path);
            }
            if let Some(before) = event.prev_data {
                assert_eq!(slice.invert(&event.ops).unwrap(), before, "{}", path.display());
            }
            let frame = event.encode().into_bytes();
            assert_eq!(decode(&frame).unwrap(), Message::Commit(event));
            count += 1;
        }
        assert!(count > 2, "{} has {count} events", root.display());
    });
}
