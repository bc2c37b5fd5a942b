//! Every way that is known to harm automerge 0.12 with one well-formed change, as a real change with
//! a valid hash: what the vetting says of it, and what automerge does with it when nobody vets. The
//! second column is why there is a vetting; it may change with automerge, the first may not.

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{ActorId, Author, Change, ChangeHash, ExpandedChange, ObjType, ScalarValue};
use doorstep_model::vet::VetError;
use doorstep_mutate::anatomy::{Anatomy, field, signed, unsigned};
use doorstep_mutate::harm::{self, Harm};
use doorstep_mutate::scene::Scene;
use doorstep_mutate::semantic::{described, written};

/// What automerge does with an unvetted change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unvetted {
    /// Panics, at once or when the document is used.
    Panics,
    /// The document loses something or is refused.
    Poisons,
    /// Takes it.
    Takes,
}

use Unvetted::{Panics, Poisons, Takes};

/// The third change of an author that has two, or the first of a newcomer.
fn known() -> Scene {
    Scene::of_texts(&["first", "second", "third"])
}

fn newcomer() -> Scene {
    Scene::of_texts(&["first"])
}

#[track_caller]
fn expect(scene: &Scene, bytes: &[u8], refusal: VetError, unvetted: Unvetted) {
    assert_eq!(harm::of(scene, &scene.change.bytes), Harm::None, "control");
    assert_eq!(harm::of(scene, bytes), Harm::Refused(refusal));
    let harm = match harm::without_vetting(scene, bytes) {
        Harm::Panic(_) => Panics,
        Harm::Poisoned(_) => Poisons,
        Harm::None | Harm::Refused(_) => Takes,
    };
    assert_eq!(harm, unvetted, "without vetting");
}

/// The scene's change with one edit of what it says.
#[track_caller]
fn said(
    scene: &Scene,
    edit: impl FnOnce(&mut ExpandedChange),
    refusal: VetError,
    unvetted: Unvetted,
) {
    let mut change = described(&scene.change.bytes);
    edit(&mut change);
    expect(scene, &written(change), refusal, unvetted);
}

/// The scene's change with one edit of its parts.
#[track_caller]
fn shaped(scene: &Scene, edit: impl FnOnce(&mut Anatomy), refusal: VetError, unvetted: Unvetted) {
    let mut anatomy = Anatomy::of(&scene.change.bytes);
    edit(&mut anatomy);
    expect(scene, &anatomy.assemble(), refusal, unvetted);
}

fn op_of(change: &ExpandedChange, counter: u64) -> OpId {
    OpId::new(counter, &change.actor_id)
}

fn other_hash(scene: &Scene) -> ChangeHash {
    ChangeHash(scene.before[0].hash.0)
}

#[test]
fn a_gap_in_the_chain() {
    said(&known(), |c| c.seq += 1, VetError::SeqGap, Panics);
    said(&newcomer(), |c| c.seq = 2, VetError::SeqGap, Panics);
    said(&newcomer(), |c| c.seq = 7, VetError::SeqGap, Panics);
}

#[test]
fn a_number_that_is_taken() {
    said(&known(), |c| c.seq = 2, VetError::SeqTaken, Poisons);
    said(&known(), |c| c.seq = 0, VetError::SeqTaken, Poisons);
}

#[test]
fn a_change_that_does_not_hang_on_its_predecessor() {
    let scene = known();
    said(&scene, |c| c.deps.clear(), VetError::WrongDeps, Poisons);
    said(
        &scene,
        |c| c.deps = vec![other_hash(&scene)],
        VetError::WrongDeps,
        Poisons,
    );
}

#[test]
fn a_change_that_hangs_on_somebody_elses() {
    // Withhold that one, and everything after it is taken and never seen.
    let scene = known();
    let withheld = ChangeHash([7; 32]);
    said(
        &scene,
        |c| c.deps.push(withheld),
        VetError::WrongDeps,
        Poisons,
    );
    said(
        &scene,
        |c| c.deps.push(other_hash(&scene)),
        VetError::WrongDeps,
        Takes,
    );
    said(
        &scene,
        |c| c.deps.extend(c.deps.clone()),
        VetError::WrongDeps,
        Takes,
    );
}

#[test]
fn ops_that_do_not_follow_the_last() {
    let start = |at: u64| move |c: &mut ExpandedChange| c.start_op = at.try_into().unwrap();
    said(&known(), start(1), VetError::WrongStartOp, Panics);
    said(&known(), start(1 << 31), VetError::WrongStartOp, Takes);
    let most = u64::from(u32::MAX);
    said(&known(), start(most), VetError::WrongStartOp, Panics);
}

#[test]
fn another_actor() {
    let scene = known();
    let others = described(&scene.before[0].bytes).actor_id;
    said(
        &scene,
        |c| c.actor_id = others,
        VetError::WrongActor,
        Panics,
    );
    let scene = newcomer();
    for len in [0, 10_000] {
        let actor = ActorId::from(vec![5; len]);
        said(&scene, |c| c.actor_id = actor, VetError::WrongActor, Takes);
    }
}

#[test]
fn things_that_a_change_of_ours_never_says() {
    said(&known(), |c| c.time = -1, VetError::HasTime, Takes);
    let message = |len| move |c: &mut ExpandedChange| c.message = Some("x".repeat(len));
    said(&known(), message(1), VetError::HasMessage, Takes);
    said(&known(), message(1 << 20), VetError::TooLong, Takes);
    said(
        &known(),
        |c| c.operations.clear(),
        VetError::NoEntries,
        Takes,
    );
    let footer = |c: &mut ExpandedChange| {
        c.extra_bytes = vec![1, 3, 7, 7, 7];
        c.author = Some(Author::from(vec![7; 3]));
    };
    said(&known(), footer, VetError::ExtraBytes, Panics);
    said(&newcomer(), footer, VetError::ExtraBytes, Takes);
}

#[test]
fn ops_that_are_no_puts() {
    let does = |action: OpType| move |c: &mut ExpandedChange| c.operations[0].action = action;
    said(&known(), does(OpType::Delete), VetError::NotAPut, Panics);
    said(
        &known(),
        does(OpType::Increment(1)),
        VetError::NotAPut,
        Takes,
    );
    let list = OpType::Make(ObjType::List);
    said(&known(), does(list), VetError::NotAPut, Takes);
    let text = OpType::Put(ScalarValue::Str("text".into()));
    said(&known(), does(text), VetError::NotBytes, Takes);
    said(
        &known(),
        does(OpType::MarkEnd(true)),
        VetError::Marks,
        Poisons,
    );
}

#[test]
fn ops_outside_the_root_map() {
    let unknown = |c: &mut ExpandedChange| {
        c.operations[0].obj = ObjectId::Id(op_of(c, 999));
    };
    said(&known(), unknown, VetError::NotOnRoot, Panics);
    // Op 1 put a byte scalar.
    let scalar = |c: &mut ExpandedChange| {
        c.operations[0].obj = ObjectId::Id(op_of(c, 1));
    };
    said(&known(), scalar, VetError::NotOnRoot, Panics);
    let in_new_list = |edit: fn(&mut Op, OpId)| {
        move |c: &mut ExpandedChange| {
            let list = op_of(c, c.start_op.get());
            c.operations[0].action = OpType::Make(ObjType::List);
            c.operations[1].obj = ObjectId::Id(list);
            let missing = op_of(c, 999);
            edit(&mut c.operations[1], missing);
        }
    };
    let after_missing = in_new_list(|op, missing| {
        op.insert = true;
        op.key = Key::Seq(ElementId::Id(missing));
    });
    said(&known(), after_missing, VetError::NotOnRoot, Panics);
    let map_key_in_list = in_new_list(|_, _| {});
    said(&known(), map_key_in_list, VetError::NotOnRoot, Panics);
}

#[test]
fn ops_that_insert_or_replace() {
    let insert = |c: &mut ExpandedChange| c.operations[0].insert = true;
    said(&known(), insert, VetError::Inserts, Panics);
    let unknown_pred = |c: &mut ExpandedChange| {
        c.operations[0].pred = SortedVec::from(vec![op_of(c, 999)]);
    };
    said(&known(), unknown_pred, VetError::HasPred, Panics);
    let no_key = |c: &mut ExpandedChange| c.operations[0].key = Key::Seq(ElementId::Head);
    said(&known(), no_key, VetError::NotAMapKey, Panics);
}

#[test]
fn keys_and_values_that_are_no_entries() {
    let put = |bytes: &[u8]| {
        let value = ScalarValue::Bytes(bytes.to_vec());
        move |c: &mut ExpandedChange| c.operations[1].action = OpType::Put(value)
    };
    said(&known(), put(b""), VetError::BadEnvelope, Takes);
    said(&known(), put(&[0; 4097]), VetError::ValueTooLong, Takes);
    let key = |c: &mut ExpandedChange| c.operations[1].key = Key::Map("x".into());
    said(&known(), key, VetError::BadKey, Takes);
    let swap = |c: &mut ExpandedChange| c.operations.swap(0, 1);
    said(&known(), swap, VetError::CounterNotRising, Takes);
    said(&newcomer(), swap, VetError::NotOpened, Takes);
    let scene = known();
    let others = described(&scene.before[0].bytes).operations.remove(1);
    said(
        &scene,
        |c| c.operations[1] = others,
        VetError::WrongAuthor,
        Poisons,
    );
}

/// Columns that claim this many puts of nothing under one key.
fn bomb(rows: i64) -> impl FnOnce(&mut Anatomy) {
    let run = move |rest: &[u8]| {
        let mut run = Vec::new();
        signed(&mut run, rows);
        run.extend_from_slice(rest);
        run
    };
    move |anatomy: &mut Anatomy| {
        *anatomy.column(21) = run(&[1, b'k']);
        let mut insert = Vec::new();
        unsigned(&mut insert, rows as u64);
        *anatomy.column(52) = insert;
        *anatomy.column(66) = run(&[1]);
        *anatomy.column(86) = run(&[7]);
        *anatomy.column(87) = Vec::new();
        *anatomy.column(112) = run(&[0]);
    }
}

#[test]
fn a_few_bytes_that_claim_three_million_ops() {
    let scene = newcomer();
    let mut anatomy = Anatomy::of(&scene.change.bytes);
    bomb(3_000_000)(&mut anatomy);
    let bytes = anatomy.assemble();
    assert!(bytes.len() < 80);
    // Not tried without vetting: it costs seconds and a gigabyte.
    assert_eq!(
        harm::of(&scene, &bytes),
        Harm::Refused(VetError::TooManyRows)
    );
    shaped(&scene, bomb(257), VetError::TooManyRows, Panics);
    shaped(&scene, bomb(256), VetError::BadKey, Panics);
}

#[test]
fn bytes_that_are_no_uncompressed_change() {
    let scene = known();
    let mut wordy = described(&scene.change.bytes);
    wordy.message = Some("x".repeat(4_000_000));
    let deflated = Change::from(wordy).bytes().into_owned();
    assert!(deflated.len() < 16 * 1024);
    expect(&scene, &deflated, VetError::NotUncompressed, Takes);

    let whole = scene.document.save();
    assert_eq!(
        harm::of(&scene, &whole),
        Harm::Refused(VetError::NotUncompressed)
    );
}

#[test]
fn the_same_change_written_otherwise() {
    let longer_number = |anatomy: &mut Anatomy| anatomy.fields[field::SEQ] = vec![0x83, 0];
    // Automerge refuses this one itself.
    shaped(&known(), longer_number, VetError::OverlongNumber, Poisons);
    // Automerge makes its changes again when asked for them: these have another hash then, and it
    // panics. So a change must not only say what is allowed but say it in our bytes.
    let two_runs = |anatomy: &mut Anatomy| *anatomy.column(66) = vec![0x7f, 1, 0x7f, 1];
    shaped(&known(), two_runs, VetError::NotCanonical, Panics);
    let swapped = |anatomy: &mut Anatomy| anatomy.columns.swap(0, 1);
    shaped(&known(), swapped, VetError::WrongColumns, Poisons);
    let deflate_bit = |anatomy: &mut Anatomy| anatomy.columns[0].0 |= 8;
    shaped(&known(), deflate_bit, VetError::WrongColumns, Poisons);
}
