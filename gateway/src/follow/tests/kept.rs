//! F4, F7 and F24: what the state folder is good for, and what it does to a start when it is not.

use super::*;

#[test]
fn a_start_from_the_good_copy_alone() {
    let (folder, state, first) = (Published::new(), Published::new(), snapshot("first"));
    folder.publish(7, &first);
    let before = follower(folder.path(), Some(state.path()));
    before.look(&mut Memory::default());
    assert_eq!(before.report.following().keeping, Keeping::Folder { generation: Some(7), trouble: None });

    let gone = folder.path().join("gone");
    let after = follower(&gone, Some(state.path()));
    after.start(&mut Memory::default());
    assert_eq!(in_force(&after), Some((7, "first".to_owned())));
    assert_eq!(after.report.following().origin, Origin::State);

    folder.publish(6, &snapshot("second"));
    let replayed = follower(folder.path(), Some(state.path()));
    replayed.start(&mut Memory::default());
    assert_eq!(in_force(&replayed), Some((7, "first".to_owned())));
    assert!(refusal(&replayed).contains("generation 6 was announced after 7"), "{}", refusal(&replayed));
}

/// What happens to a state folder.
type Spoil = fn(&Published);

/// F4.
#[test]
fn nothing_is_served_while_the_generation_served_last_cannot_be_read() {
    let (folder, first) = (Published::new(), snapshot("first"));
    let started = |state: &Path| {
        let follower = follower(folder.path(), Some(state));
        let mut memory = Memory::default();
        follower.start(&mut memory);
        (follower, memory)
    };
    let spoils: [(Spoil, &str); 3] = [
        (|state| std::fs::write(state.current(), "{").unwrap(), "the announcement cannot be read"),
        (|state| std::fs::create_dir(state.current()).unwrap(), "not a regular file"),
        (|state| symlink(state.current(), state.current()).unwrap(), "cannot read"),
    ];
    for (spoil, said) in spoils {
        folder.publish(7, &first);
        let state = Published::new();
        spoil(&state);
        // Whether 7 is older than what was served cannot be told.
        let (follower, mut memory) = started(state.path());
        assert_eq!(in_force(&follower), None);
        assert!(refusal(&follower).contains(said), "{}", refusal(&follower));
        let Keeping::Folder { trouble: Some(trouble), .. } = follower.report.following().keeping else {
            panic!("the trouble is not reported");
        };
        assert_eq!(trouble.text, refusal(&follower));
        // Mended: the folder says that 8 was served.
        if state.current().is_dir() {
            std::fs::remove_dir(state.current()).unwrap();
        }
        state.announce(&announcement(8, &first));
        follower.look(&mut memory);
        assert_eq!(in_force(&follower), None);
        assert!(refusal(&follower).contains("generation 7 was announced after 8"), "{}", refusal(&follower));
        let keeping = follower.report.following().keeping;
        assert_eq!(keeping, Keeping::Folder { generation: None, trouble: None });
        folder.publish(9, &first);
        follower.look(&mut memory);
        assert_eq!(in_force(&follower), Some((9, "first".to_owned())));
        // Taken away by the operator: nothing is remembered, so anything is accepted.
        std::fs::write(state.current(), "{").unwrap();
        let (follower, mut memory) = started(state.path());
        assert_eq!(in_force(&follower), None);
        std::fs::remove_file(state.current()).unwrap();
        follower.look(&mut memory);
        assert_eq!(in_force(&follower), Some((9, "first".to_owned())));
    }
}

/// F7, F24.
#[test]
fn a_state_folder_that_cannot_be_written_is_reported_and_tried_again() {
    let (folder, state, first) = (Published::new(), Published::new(), snapshot("first"));
    folder.publish(1, &first);
    let blocked = state.path().join(".new-snapshot");
    std::fs::create_dir(&blocked).unwrap();
    let follower = follower(folder.path(), Some(state.path()));
    let mut memory = Memory::default();
    follower.look(&mut memory);
    assert_eq!(in_force(&follower), Some((1, "first".to_owned())));
    let Keeping::Folder { generation: None, trouble: Some(trouble) } = follower.report.following().keeping
    else {
        panic!("the trouble is not reported");
    };
    assert!(trouble.text.contains("cannot write"), "{}", trouble.text);
    assert_eq!(follower.shared.metrics.counted(Event::StateFailed), 1);
    std::fs::remove_dir(&blocked).unwrap();
    memory.keep_again = Rest::default();
    follower.look(&mut memory);
    assert_eq!(follower.report.following().keeping, Keeping::Folder { generation: Some(1), trouble: None });
}
