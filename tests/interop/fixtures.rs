//! The fixtures whose values the other side computes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::node;

#[test]
fn fixtures_are_what_the_other_side_makes() {
    let Some(directory) = node::directory() else { return };
    let made = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fixtures");
    let _ = fs::remove_dir_all(&made);
    let status = node::command(&directory, "fixtures.mjs").arg(&made).status().unwrap();
    assert!(status.success());
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut count = 0;
    for suite in fs::read_dir(&made).unwrap().map(Result::unwrap) {
        for file in fs::read_dir(suite.path()).unwrap().map(Result::unwrap) {
            let path = ours.join(suite.file_name()).join(file.file_name());
            assert!(
                fs::read(&path).unwrap() == fs::read(file.path()).unwrap(),
                "{}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 20, "{count} files");
}
