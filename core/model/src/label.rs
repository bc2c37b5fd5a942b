//! Label codes: the short printed codes on assets, their check character and who may give which.
//!
//! A label says nothing about what it is stuck on; binding it to an asset is an entry elsewhere.
//! A code is seven characters of a 31-character alphabet without 0, O, 1, I and L, and one check
//! character. Because 31 is prime and every place has its own weight, the check catches **every**
//! single wrong character and **every** swap of two neighbours, itself included.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::message::{Lang, text};

/// The characters of a code, in the order of their values 0-30.
pub const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Characters that printed labels mix up, and which therefore stand in no code.
const LOOK_ALIKES: &str = "01OIL";

const BASE: u64 = 31;
const PAYLOAD: usize = 7;

/// How many codes there are: 31⁷ = 27,512,614,111.
pub const CODES: u64 = BASE.pow(PAYLOAD as u32);

/// How many codes one block holds.
pub const BLOCK: u64 = 8_192;

/// How many codes share their first character.
const PER_LEAD: u64 = BASE.pow(PAYLOAD as u32 - 1);

/// One label code, held as its number `0..CODES`.
///
/// Number and code are a bijection. Prints as eight capital characters, which is also exactly what
/// the QR holds; [`Label::grouped`] is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(u64);

/// Which part of the code space a label comes from; its first character tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// First character 2-F: blocks that the office gives in a grant.
    Granted,
    /// First character G-V: single codes drawn at random by a phone that has no block.
    Loose,
    /// First character W-Z: blocks for rolls that are printed before they are bound to anything.
    Rolls,
}

/// Why a text is no label code, or a number no block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Not eight characters, spaces and hyphens aside.
    #[error("read a label of {found} characters where 8 are printed")]
    Length {
        /// How many characters there are, spaces and hyphens aside.
        found: usize,
    },
    /// One of 0, O, 1, I, L: no label carries them, and we do not guess what was meant.
    #[error("read {character:?}, which stands on no label, at place {place}")]
    LookAlike {
        /// The character as typed.
        character: char,
        /// Its place, 1-8.
        place: usize,
    },
    /// A character outside the alphabet.
    #[error("read {character:?}, which is no label character, at place {place}")]
    Character {
        /// The character as typed.
        character: char,
        /// Its place, 1-8.
        place: usize,
    },
    /// The check character does not fit: a character is wrong or two are swapped.
    #[error("match the check character")]
    Check,
    /// A block that does not start at a multiple of 8,192 inside a region of blocks.
    #[error("take {start} as the start of a block of labels")]
    Block {
        /// The number that was given as start.
        start: u64,
    },
    /// A number beyond the last code.
    #[error("take {number} as the number of a label")]
    Number {
        /// The number that was given.
        number: u64,
    },
}

impl LabelError {
    /// The stable code of this refusal, also its key among the messages.
    pub fn code(&self) -> &'static str {
        match self {
            LabelError::Length { .. } => "label.length",
            LabelError::LookAlike { .. } => "label.look_alike",
            LabelError::Character { .. } => "label.character",
            LabelError::Check => "label.check",
            LabelError::Block { .. } => "label.block",
            LabelError::Number { .. } => "label.number",
        }
    }

    /// What to tell the person who typed or scanned it.
    pub fn message(&self, lang: Lang) -> String {
        match self {
            LabelError::Length { found } => text(lang, self.code(), &[("found", found)]),
            LabelError::LookAlike { character, place }
            | LabelError::Character { character, place } => text(
                lang,
                self.code(),
                &[("character", character), ("place", place)],
            ),
            LabelError::Check => text(lang, self.code(), &[]),
            LabelError::Block { start } => text(lang, self.code(), &[("start", start)]),
            LabelError::Number { number } => text(lang, self.code(), &[("number", number)]),
        }
    }
}

impl Label {
    /// The label with this number, `0..CODES`.
    pub fn from_number(number: u64) -> Result<Label, LabelError> {
        if number < CODES {
            Ok(Label(number))
        } else {
            Err(LabelError::Number { number })
        }
    }

    /// A code of the loose region for a phone without a block.
    ///
    /// `random` is any 64-bit number of the caller's generator. The region holds 11.5 billion
    /// codes; two phones that draw the same one are found by the office as one label on two things.
    pub fn loose(random: u64) -> Label {
        let range = Region::Loose.numbers();
        Label(range.start + random % (range.end - range.start))
    }

    /// Its number, `0..CODES`.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The part of the code space it comes from.
    pub fn region(self) -> Region {
        match self.0 {
            number if Region::Granted.numbers().contains(&number) => Region::Granted,
            number if Region::Loose.numbers().contains(&number) => Region::Loose,
            _ => Region::Rolls,
        }
    }

    /// The code in two groups of four, as labels and lists print it for people.
    pub fn grouped(self) -> String {
        let code = self.to_string();
        let (front, back) = code.split_at(4);
        format!("{front} {back}")
    }

    fn values(self) -> [u64; PAYLOAD] {
        let mut values = [0; PAYLOAD];
        let mut rest = self.0;
        for value in values.iter_mut().rev() {
            *value = rest % BASE;
            rest /= BASE;
        }
        values
    }
}

/// The check value: with weights 8, 7 … 2 before it and 1 on itself, the sum is a multiple of 31.
fn check(values: &[u64; PAYLOAD]) -> u64 {
    let sum: u64 = values
        .iter()
        .zip((2..=8).rev())
        .map(|(value, weight)| value * weight)
        .sum();
    (BASE - sum % BASE) % BASE
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values();
        for value in values.into_iter().chain([check(&values)]) {
            write!(f, "{}", char::from(ALPHABET[value as usize]))?;
        }
        Ok(())
    }
}

impl FromStr for Label {
    type Err = LabelError;

    /// Reads a typed or scanned code: any case, spaces and hyphens anywhere, nothing else forgiven.
    fn from_str(typed: &str) -> Result<Label, LabelError> {
        let characters: Vec<char> = typed
            .chars()
            .filter(|character| !character.is_whitespace() && *character != '-')
            .collect();
        if characters.len() != PAYLOAD + 1 {
            return Err(LabelError::Length {
                found: characters.len(),
            });
        }
        let mut values = [0; PAYLOAD + 1];
        for (place, (value, character)) in values.iter_mut().zip(characters).enumerate() {
            *value = value_of(character, place + 1)?;
        }
        let [payload @ .., last] = values;
        if check(&payload) != last {
            return Err(LabelError::Check);
        }
        Ok(Label(
            payload
                .iter()
                .fold(0, |number, value| number * BASE + value),
        ))
    }
}

fn value_of(character: char, place: usize) -> Result<u64, LabelError> {
    let capital = character.to_ascii_uppercase();
    if LOOK_ALIKES.contains(capital) {
        return Err(LabelError::LookAlike { character, place });
    }
    ALPHABET
        .iter()
        .position(|&known| char::from(known) == capital)
        .map(|value| value as u64)
        .ok_or(LabelError::Character { character, place })
}

impl TryFrom<String> for Label {
    type Error = LabelError;

    fn try_from(code: String) -> Result<Label, LabelError> {
        code.parse()
    }
}

impl From<Label> for String {
    fn from(label: Label) -> String {
        label.to_string()
    }
}

impl Region {
    /// The numbers of this region: whole ranges of first characters.
    pub fn numbers(self) -> core::ops::Range<u64> {
        match self {
            Region::Granted => 0..14 * PER_LEAD,
            Region::Loose => 14 * PER_LEAD..27 * PER_LEAD,
            Region::Rolls => 27 * PER_LEAD..CODES,
        }
    }

    /// How many whole blocks this region gives; none where codes are drawn one by one.
    pub fn blocks(self) -> u64 {
        match self {
            Region::Loose => 0,
            Region::Granted | Region::Rolls => {
                let numbers = self.numbers();
                numbers.end / BLOCK - numbers.start.div_ceil(BLOCK)
            }
        }
    }
}

/// 8,192 codes in a row, given to one author in a grant or printed on rolls.
///
/// Blocks start at multiples of 8,192 and lie wholly inside [`Region::Granted`] or
/// [`Region::Rolls`], so two different blocks never share a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct LabelBlock {
    start: u64,
}

impl LabelBlock {
    /// The block that begins with the label of number `start`.
    pub fn starting_at(start: u64) -> Result<LabelBlock, LabelError> {
        let inside = |region: Region| {
            let numbers = region.numbers();
            numbers.start <= start
                && start
                    .checked_add(BLOCK)
                    .is_some_and(|end| end <= numbers.end)
        };
        if start.is_multiple_of(BLOCK) && (inside(Region::Granted) || inside(Region::Rolls)) {
            Ok(LabelBlock { start })
        } else {
            Err(LabelError::Block { start })
        }
    }

    /// The `index`-th block (from 0) of `region`, or nothing after its last.
    pub fn nth(region: Region, index: u64) -> Option<LabelBlock> {
        let first = region.numbers().start.div_ceil(BLOCK);
        (index < region.blocks()).then(|| LabelBlock {
            start: (first + index) * BLOCK,
        })
    }

    /// The number of its first label.
    pub fn start(self) -> u64 {
        self.start
    }

    /// Its `index`-th label (from 0), or nothing from 8,192 on: the block is used up.
    pub fn label(self, index: u16) -> Option<Label> {
        (u64::from(index) < BLOCK).then(|| Label(self.start + u64::from(index)))
    }

    /// Whether `label` is one of its codes.
    pub fn contains(self, label: Label) -> bool {
        (self.start..self.start + BLOCK).contains(&label.0)
    }
}

impl TryFrom<u64> for LabelBlock {
    type Error = LabelError;

    fn try_from(start: u64) -> Result<LabelBlock, LabelError> {
        LabelBlock::starting_at(start)
    }
}

impl From<LabelBlock> for u64 {
    fn from(block: LabelBlock) -> u64 {
        block.start
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
