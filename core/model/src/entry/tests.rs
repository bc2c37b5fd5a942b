use super::*;
use crate::ids::{AuthorTag, Identity};

fn normal_check() -> Entry {
    let check = Check {
        outcome: Outcome::Normal,
        note: None,
        photos: None,
        pack: None,
        date_only: None,
    };
    Entry::new(check, 1_795_600_000)
}

#[test]
fn a_normal_check_costs_nine_bytes() {
    let bytes = normal_check().to_bytes();
    assert_eq!(data_encoding::HEXLOWER.encode(&bytes), "a20005021a6b06ae80");
    assert_eq!(Entry::from_bytes(&bytes), Ok(normal_check()));
}

#[test]
fn an_exception_is_spelled_out() {
    let check = Check {
        outcome: Outcome::of_faults(vec![
            "pressure_low".into(),
            "blocked".into(),
            "blocked".into(),
        ]),
        note: Some("压力低".into()),
        photos: None,
        pack: None,
        date_only: None,
    };
    let entry =
        Entry::new(check, 1_795_600_000).after(vec![Identity::of_entry(AuthorTag([1; 4]), 7)]);
    let read = Entry::from_bytes(&entry.to_bytes()).unwrap();
    assert_eq!(read, entry);
    let Body::Check(check) = read.body else {
        panic!("a check")
    };
    assert_eq!(
        check.outcome,
        Outcome::Faults(vec!["blocked".into(), "pressure_low".into()])
    );
}

#[test]
fn an_unknown_kind_and_an_unknown_minor_are_unread_and_keep_their_bytes() {
    let mut newer = normal_check();
    newer.envelope.minor = Some(3);
    let bytes = newer.to_bytes();
    let read = Entry::from_bytes(&bytes).unwrap();
    assert_eq!(read.body, Body::Unread { kind: 5 });

    // {0: 9999, 2: 5, 8: {"new": [1, 2]}}
    let unknown = data_encoding::HEXLOWER
        .decode(b"a30019270f020508a1636e6577820102")
        .unwrap();
    assert_eq!(
        Entry::from_bytes(&unknown).unwrap().body,
        Body::Unread { kind: 9999 }
    );
    let moved = Entry::reauthored(&unknown, |envelope| {
        envelope.origin = Some(Identity::of_entry(AuthorTag([1; 4]), 7));
    })
    .unwrap();
    let kept = &unknown[unknown.len() - 9..];
    assert!(
        moved.ends_with(kept),
        "the body is carried over byte for byte"
    );
    let subject = Identity::of_hash([0; 16]);
    assert_eq!(
        Entry::content(&unknown, subject),
        Entry::content(&moved, subject)
    );
}

#[test]
fn bytes_that_are_no_entry_are_malformed() {
    let good = normal_check().to_bytes();
    let mut trailing = good.clone();
    trailing.push(0);
    let falling = data_encoding::HEXLOWER
        .decode(b"a2021a6b06ae800005")
        .unwrap();
    let endless = data_encoding::HEXLOWER
        .decode(b"bf0005021a6b06ae80ff")
        .unwrap();
    let no_time = data_encoding::HEXLOWER.decode(b"a10005").unwrap();
    let long = Entry::new(
        Note {
            text: "长".repeat(2000),
            photos: None,
        },
        1,
    )
    .to_bytes();
    for bad in [
        &good[..8],
        &trailing,
        &falling,
        &endless,
        &no_time,
        &long,
        b"",
        b"\xff",
    ] {
        assert!(Entry::from_bytes(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_newer_writers_extra_keys_do_not_hide_what_we_know() {
    // A check with key 40 that this version does not know.
    let bytes = data_encoding::HEXLOWER
        .decode(b"a30005021a6b06ae80182863646f6f")
        .unwrap();
    assert!(matches!(
        Entry::from_bytes(&bytes).unwrap().body,
        Body::Check(_)
    ));
}

#[test]
fn content_leaves_out_who_and_when() {
    let subject = Identity::of_hash([1; 16]);
    let mut later = normal_check();
    later.envelope.time += 60;
    let content = |entry: &Entry| Entry::content(&entry.to_bytes(), subject).unwrap();
    assert_eq!(content(&normal_check()), content(&later));
    assert_ne!(
        content(&normal_check()),
        Entry::content(&later.to_bytes(), Identity::of_hash([2; 16])).unwrap()
    );
}

#[test]
fn a_key_reads_back_and_nothing_else_does() {
    let key = EntryKey {
        subject: Identity::of_hash([7; 16]),
        author: AuthorTag([1, 2, 3, 4]),
        counter: 300,
    };
    let text = key.to_string();
    assert!(text.len() <= KEY_MAX);
    assert_eq!(text.parse(), Ok(key));
    for bad in [
        "",
        "a.b.c",
        &text[1..],
        &format!("{text}.x"),
        &text.replace('.', "-"),
    ] {
        assert!(bad.parse::<EntryKey>().is_err(), "{bad}");
    }
}
