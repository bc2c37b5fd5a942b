//! Entries that no replica may refuse: one of every kind of this version, and what the next version
//! may write: unknown kinds, unknown minors, keys that nobody knows yet.

mod kinds;

pub use kinds::every_kind;

use doorstep_model::entry::Body;
use minicbor::Encoder;
use minicbor::data::Tag;

use crate::dice::Dice;

/// The first key that is not the envelope's.
const FIRST_BODY_KEY: u64 = 8;

/// The value of an entry of this version or the next.
pub fn any_value(dice: &mut Dice) -> Vec<u8> {
    if dice.chance(3) {
        return from_the_next_version(dice);
    }
    let kinds = every_kind();
    // `opened` stands where it belongs, at the head of a chain.
    let at = 1 + dice.below(kinds.len() - 1);
    kinds[at].to_bytes()
}

/// The value of an entry as the next version may write it. An envelope that decodes is all that is
/// promised: kind, minor and body are anything.
pub fn from_the_next_version(dice: &mut Dice) -> Vec<u8> {
    let kind = match dice.below(3) {
        0 => 55 + dice.below(200) as u16,
        1 => u16::MAX - dice.below(9) as u16,
        _ => dice.pick(&Body::KINDS[1..]),
    };
    let minor = (!dice.chance(3)).then(|| 1 + dice.below(1 << 15) as u16);
    let body_keys = dice.below(6);
    let mut keys: Vec<u64> = (0..body_keys)
        .map(|_| FIRST_BODY_KEY + dice.number() % dice.pick(&[8, 64, 1 << 20, 1 << 60]))
        .collect();
    keys.sort_unstable();
    keys.dedup();

    let mut value = Vec::new();
    let mut out = Encoder::new(&mut value);
    let count = 2 + u64::from(minor.is_some()) + keys.len() as u64;
    let written: Result<(), minicbor::encode::Error<_>> = (|| {
        out.map(count)?.u8(0)?.u16(kind)?;
        if let Some(minor) = minor {
            out.u8(1)?.u16(minor)?;
        }
        out.u8(2)?.i64(1_795_600_000 + dice.below(1 << 30) as i64)?;
        for key in keys {
            out.u64(key)?;
            anything(&mut out, dice, 3)?;
        }
        Ok(())
    })();
    written.expect("writing CBOR to memory cannot fail");
    value
}

fn anything(
    out: &mut Encoder<&mut Vec<u8>>,
    dice: &mut Dice,
    depth: usize,
) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
    let len = dice.below(20);
    match dice.below(if depth > 0 { 12 } else { 8 }) {
        0 => out.u64(dice.number())?,
        1 => out.i64(-(dice.below(1 << 40) as i64))?,
        2 => out.bytes(&dice.bytes(len))?,
        3 => out.str(dice.pick(&["", "new", "文庙小区", "e\u{301}"]))?,
        4 => out.bool(dice.chance(2))?,
        5 => out.null()?,
        6 => out.f64(dice.number() as f64)?,
        7 => out.undefined()?,
        8 => {
            out.tag(Tag::new(dice.number()))?;
            return anything(out, dice, depth - 1);
        }
        9 => {
            let items = dice.below(4);
            out.array(items as u64)?;
            for _ in 0..items {
                anything(out, dice, depth - 1)?;
            }
            out
        }
        10 => {
            out.begin_array()?;
            anything(out, dice, depth - 1)?;
            out.end()?
        }
        _ => {
            out.map(1)?.str("key")?;
            return anything(out, dice, depth - 1);
        }
    };
    Ok(())
}
