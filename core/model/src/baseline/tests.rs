use super::*;
use crate::change::fixture::Volunteer;
use crate::change::{self, ChainState};
use crate::ids::{EpochId, SegmentHash};

/// Three evenings of two volunteers in one round.
fn evenings() -> Vec<PackedChange> {
    let mut changes = Vec::new();
    for key in [1, 2] {
        let mut volunteer = Volunteer::new(key);
        for n in 1..=3 {
            let bytes = volunteer.visit(n * 20).bytes;
            changes.push(PackedChange {
                document: DocumentKey::of(&volunteer.round, &volunteer.area),
                author: volunteer.tag(),
                n,
                entries: change::read(&bytes).unwrap(),
            });
        }
    }
    changes
}

#[test]
fn entries_come_back_as_they_were_and_make_the_same_changes() {
    let changes = evenings();
    let back = unpack(&pack(&changes)).unwrap();
    assert_eq!(back, changes);
    let mut again = Volunteer::new(1);
    let tag = again.tag();
    let mut chain = ChainState::default();
    for change in back.iter().filter(|change| change.author == tag) {
        let area = again.area.clone();
        let document = change.document.name().unwrap().id(&area);
        let built = change::build(&again.key, &area, document, &chain, &change.entries).unwrap();
        chain = built.next;
        assert_eq!(built.bytes, again.visit(change.n * 20).bytes);
    }
}

#[test]
fn a_look_costs_little_more_than_what_is_new_in_it() {
    let changes = evenings();
    let entries: usize = changes.iter().map(|change| change.entries.len()).sum();
    let bytes = pack(&changes).len();
    assert!(bytes < entries * 8, "{bytes} bytes for {entries} entries");
}

#[test]
fn values_of_any_shape_come_back_to_the_byte() {
    let mut changes = evenings();
    let values: [&[u8]; 6] = [
        b"",
        b"no map at all",
        // {2: 5} with the 5 in two bytes, in nine, and as a negative number.
        &[0xa1, 2, 0x18, 5],
        &[0xa1, 2, 0x1b, 0, 0, 0, 0, 0, 0, 0, 5],
        &[0xa1, 2, 0x24],
        // A map of unstated length, and one that ends early.
        &[0xbf, 2, 5, 0xff],
    ];
    for (entry, value) in changes[0].entries.iter_mut().zip(values) {
        entry.1 = value.to_vec();
    }
    assert_eq!(unpack(&pack(&changes)), Ok(changes));
}

#[test]
fn no_changed_or_cut_piece_brings_anything_down() {
    let piece = pack(&evenings());
    for at in 0..piece.len() {
        assert!(unpack(&piece[..at]).is_err(), "cut at {at}");
        let mut bent = piece.clone();
        bent[at] ^= 0x21;
        let _ = unpack(&bent);
        let _ = SegmentTable::from_piece(&bent);
    }
}

fn table() -> SegmentTable {
    let volunteer = Volunteer::new(1);
    let row = |at| SegmentRow {
        author: 0,
        boots: Vec::new(),
        seen: None,
        arrival: Arrival {
            received_at: at,
            shifts: Vec::new(),
            earlier: None,
        },
        documents: vec![0],
        proof: None,
        replaces: None,
        whole: None,
        cut: false,
    };
    SegmentTable {
        documents: vec![DocumentKey::of(&volunteer.round, &volunteer.area)],
        authors: vec![volunteer.tag()],
        rows: vec![row(5), row(6)],
        hashes: [[1; 32], [2; 32]].concat(),
    }
}

#[test]
fn a_table_leads_to_the_cursor_of_its_feed() {
    let table = SegmentTable::from_piece(&table().to_piece()).unwrap();
    let start = Cursor::start(EpochId([1; 8]));
    let by_hand = start
        .advanced(&SegmentHash([1; 32]), &table.rows[0].arrival)
        .advanced(&SegmentHash([2; 32]), &table.rows[1].arrival);
    assert_eq!(table.end(start), by_hand);
}

#[test]
fn a_table_whose_columns_do_not_fit_is_none() {
    let bent: [fn(&mut SegmentTable); 3] = [
        |table| table.hashes.truncate(32),
        |table| table.rows[1].author = 1,
        |table| table.rows[0].documents.push(9),
    ];
    for bend in bent {
        let mut table = table();
        bend(&mut table);
        assert!(SegmentTable::from_piece(&table.to_piece()).is_err());
    }
}

#[test]
fn signatures_come_back_and_belong_to_as_many_segments() {
    let mut signatures = Signatures::default();
    signatures.push(&[1; SIGNATURE_LEN]);
    signatures.push(&[2; SIGNATURE_LEN]);
    let piece = signatures.to_piece();
    let back = Signatures::from_piece(&piece, 2).unwrap();
    assert_eq!(back.iter().nth(1), Some([2; SIGNATURE_LEN].as_slice()));
    assert!(Signatures::from_piece(&piece, 3).is_err());
}

#[test]
fn chains_below_come_back_and_name_what_is_there() {
    let mut volunteer = Volunteer::new(1);
    volunteer.visit(20);
    let state = ChainState {
        seq: 1,
        last_hash: Some(crate::ids::ChangeHash([7; 32])),
        max_op: 20,
        last_counter: 40,
    };
    let chain = ChainBelow {
        document: 0,
        author: 0,
        state,
    };
    let below = ChainsBelow {
        documents: vec![DocumentKey::of(&volunteer.round, &volunteer.area)],
        authors: vec![volunteer.tag()],
        chains: vec![chain],
    };
    assert_eq!(
        ChainsBelow::from_piece(&below.to_piece()),
        Ok(below.clone())
    );
    let bent: [fn(&mut ChainBelow); 3] = [
        |chain| chain.document = 1,
        |chain| chain.author = 1,
        |chain| chain.state = ChainState::default(),
    ];
    for bend in bent {
        let mut below = below.clone();
        bend(&mut below.chains[0]);
        assert!(ChainsBelow::from_piece(&below.to_piece()).is_err());
    }
}
