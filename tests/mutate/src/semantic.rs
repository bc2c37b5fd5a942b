//! Edits of what a change says, by automerge's own description of it: any field, any op. The bytes
//! are those that a hostile writer with the automerge library would send.

use std::num::NonZeroU64;

use automerge::legacy::{ElementId, Key, MarkData, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{ActorId, Author, Change, ChangeHash, ExpandedChange, ObjType, ScalarValue};
use doorstep_model::entry::EntryKey;
use doorstep_model::ids::{AuthorTag, Identity};

use crate::corpus;
use crate::dice::Dice;
use crate::scene::Scene;

/// A change as automerge describes it.
///
/// # Panics
/// If automerge does not read it.
pub fn described(change: &[u8]) -> ExpandedChange {
    Change::try_from(change)
        .expect("a change that automerge reads")
        .decode()
}

/// The bytes of a description.
pub fn written(change: ExpandedChange) -> Vec<u8> {
    Change::from(change).raw_bytes().to_vec()
}

/// The scene's honest change with one or two edits of what it says.
pub fn edit(scene: &Scene, dice: &mut Dice) -> Vec<u8> {
    let mut change = described(&scene.change.bytes);
    for _ in 0..1 + dice.below(2) {
        match dice.below(12) {
            0 => actor(&mut change, scene, dice),
            1 => numbers(&mut change, dice),
            2 => deps(&mut change, scene, dice),
            3 => extras(&mut change, dice),
            4 => list_of_ops(&mut change, dice),
            _ => one_op(&mut change, scene, dice),
        }
    }
    written(change)
}

fn actor(change: &mut ExpandedChange, scene: &Scene, dice: &mut Dice) {
    let len = dice.pick(&[0, 1, 15, 16, 17, 32, 10_000]);
    change.actor_id = match dice.below(3) {
        0 => ActorId::from(&dice.bytes(len)[..]),
        1 => described(&scene.before[dice.below(scene.before.len())].bytes).actor_id,
        _ => {
            let mut near = scene.author.actor().0;
            near[dice.below(16)] ^= 1 << dice.below(8);
            ActorId::from(near)
        }
    };
}

fn numbers(change: &mut ExpandedChange, dice: &mut Dice) {
    match dice.below(3) {
        0 => change.seq = dice.edge(change.seq),
        1 => {
            let start = dice.edge(change.start_op.get()).min(u64::from(u32::MAX));
            change.start_op = NonZeroU64::new(start).unwrap_or(NonZeroU64::MIN);
        }
        _ => change.time = dice.edge(0) as i64,
    }
}

fn deps(change: &mut ExpandedChange, scene: &Scene, dice: &mut Dice) {
    let written = &scene.before[dice.below(scene.before.len())];
    match dice.below(5) {
        0 => change.deps.clear(),
        1 => change.deps.push(ChangeHash(written.hash.0)),
        2 => change.deps = vec![ChangeHash(written.hash.0)],
        3 => change.deps.extend(change.deps.first().copied()),
        _ => {
            let mut unknown = [0; 32];
            unknown.copy_from_slice(&dice.bytes(32));
            change.deps.push(ChangeHash(unknown));
        }
    }
}

fn extras(change: &mut ExpandedChange, dice: &mut Dice) {
    match dice.below(3) {
        0 => change.message = Some("x".repeat(1 + dice.below(200))),
        1 => {
            // An author footer, as automerge 0.12 writes it.
            change.extra_bytes = vec![1, 3, 7, 7, 7];
            change.author = Some(Author::from(vec![7; 3]));
        }
        _ => {
            let len = 1 + dice.below(40);
            change.extra_bytes = dice.bytes(len);
        }
    }
}

fn list_of_ops(change: &mut ExpandedChange, dice: &mut Dice) {
    let ops = &mut change.operations;
    let at = dice.below(ops.len());
    let other = dice.below(ops.len());
    match dice.below(5) {
        0 => drop(ops.drain(at..(at + 1).min(ops.len()))),
        1 => ops.extend(ops.get(at).cloned()),
        2 if !ops.is_empty() => ops.swap(at, other),
        3 => ops.clear(),
        _ => {
            let again: Vec<Op> = ops.iter().cycle().take(300).cloned().collect();
            ops.extend(again);
        }
    }
}

fn one_op(change: &mut ExpandedChange, scene: &Scene, dice: &mut Dice) {
    let actor = change.actor_id.clone();
    let own = change.start_op.get();
    let op_id = |dice: &mut Dice| OpId::new(dice.edge(own), &actor);
    let at = dice.below(change.operations.len());
    let Some(op) = change.operations.get_mut(at) else {
        return;
    };
    match dice.below(8) {
        0 => op.action = action(dice),
        1 => op.obj = ObjectId::Id(op_id(dice)),
        2 => {
            op.key = match dice.chance(2) {
                true => Key::Seq(ElementId::Head),
                false => Key::Seq(ElementId::Id(op_id(dice))),
            }
        }
        3 => op.pred = SortedVec::from(vec![op_id(dice)]),
        4 => op.insert = true,
        5 => op.key = Key::Map(key(&op.key, dice).into()),
        _ => op.action = OpType::Put(ScalarValue::Bytes(value(&op.action, scene, dice))),
    }
}

fn action(dice: &mut Dice) -> OpType {
    let number = dice.edge(0) as i64;
    match dice.below(16) {
        0 => OpType::Delete,
        1 => OpType::Increment(number),
        2 => OpType::Make(ObjType::Map),
        3 => OpType::Make(ObjType::List),
        4 => OpType::Make(ObjType::Text),
        5 => OpType::Make(ObjType::Table),
        6 => OpType::MarkBegin(MarkData {
            name: "bold".into(),
            value: ScalarValue::Null,
            expand: dice.chance(2),
        }),
        7 => OpType::MarkEnd(dice.chance(2)),
        8 => OpType::Put(ScalarValue::Int(number)),
        9 => OpType::Put(ScalarValue::Uint(number as u64)),
        10 => OpType::Put(ScalarValue::Str("text".into())),
        11 => OpType::Put(ScalarValue::counter(number)),
        12 => OpType::Put(ScalarValue::Timestamp(number)),
        13 => OpType::Put(ScalarValue::Boolean(dice.chance(2))),
        14 => OpType::Put(ScalarValue::F64(number as f64)),
        _ => OpType::Put(ScalarValue::Unknown {
            type_code: 10 + dice.below(6) as u8,
            bytes: dice.bytes(4),
        }),
    }
}

/// Another key: most of them keys of the grammar, so that only what they say is wrong, or nothing.
fn key(old: &Key, dice: &mut Dice) -> String {
    let text = match old {
        Key::Map(text) => text.as_str(),
        Key::Seq(_) => "",
    };
    let Ok(mut key) = text.parse::<EntryKey>() else {
        return "x".to_owned();
    };
    match dice.below(7) {
        0 => key.subject = Identity::of_hash([dice.below(256) as u8; 16]),
        1 => key.subject = Identity::of_entry(key.author, dice.number()),
        2 => key.author = AuthorTag([dice.below(256) as u8; 4]),
        3 => key.counter = dice.edge(key.counter),
        4 => key.counter = dice.number(),
        5 => return format!("{text}{}", dice.pick(&["A", ".", "=", " ", "门", "\0"])),
        _ => return dice.pick(&["", "a.b.c", "..", "opened"]).to_owned(),
    }
    key.to_string()
}

/// Another value: broken, foreign, of a later version, or simply another entry.
fn value(old: &OpType, scene: &Scene, dice: &mut Dice) -> Vec<u8> {
    let mut value = match old {
        OpType::Put(ScalarValue::Bytes(value)) => value.clone(),
        _ => Vec::new(),
    };
    let at = dice.below(value.len());
    match dice.below(6) {
        0 => {
            if let Some(byte) = value.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        1 => value.truncate(at),
        2 => value.resize(dice.pick(&[0, 100, 4096, 4097, 9000]), 0),
        3 => value = scene.author.opened(1).1,
        _ => value = corpus::any_value(dice),
    }
    value
}
